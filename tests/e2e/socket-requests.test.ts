import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../shared/protocol/entities.ts';
import { type ChatSocket, newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectTellsNothing } from '../support/problem.ts';
import { roomyActions } from '../support/roomy-limits.ts';

let parley: Parley;
let alice: Person;
let socket: ChatSocket;
let id: string;

beforeAll(async () => {
  parley = await Parley.start({ environment: roomyActions });
  alice = await parley.register('alice');
  id = await alice.dm(await parley.register('bob'));
  socket = await alice.connect();
});
afterAll(() => parley?.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('the heartbeat', () => {
  test('tells the time and the newest activity of the inbox', async () => {
    const newest = async () =>
      (await alice.api.get<{ items: Conversation[] }>('/conversations?limit=1')).body.items[0]
        ?.lastActivityAt;
    const before = await socket.heartbeat();
    expect(before).toEqual({
      type: 'heartbeat',
      requestId: before.requestId,
      serverTime: time,
      latestActivityAt: await newest(),
    });
    await socket.message(await socket.say(id, 'Something new'));
    const after = await socket.heartbeat();
    expect(after.latestActivityAt).toBe(await newest());
    expect(Date.parse(after.serverTime)).toBeGreaterThanOrEqual(Date.parse(before.serverTime));
    expect(Date.parse(after.latestActivityAt ?? '')).toBeGreaterThan(
      Date.parse(before.latestActivityAt ?? ''),
    );
  });

  test('of an empty inbox knows of none', async () => {
    const newcomer = await (await parley.register('newcomer')).connect();
    expect((await newcomer.heartbeat()).latestActivityAt).toBeNull();
  });
});

describe('the request id', () => {
  test('is repeated by every reply', async () => {
    const messageId = newMessageId();
    const send = { action: 'sendMessage', requestId: 'r/1 ✓', conversationId: id, messageId, content: 'Hi' };
    socket.send(send);
    expect(await socket.next('ack', (ack) => ack.requestId === 'r/1 ✓')).toEqual({
      type: 'ack',
      action: 'sendMessage',
      requestId: 'r/1 ✓',
      messageId,
      conversationId: id,
      acceptedAt: time,
    });
    socket.send({ action: 'markRead', requestId: 'r/2', conversationId: id, seq: 0 });
    expect(await socket.next('ack', (ack) => ack.requestId === 'r/2')).toMatchObject({ action: 'markRead' });
    const wanted = [{ conversationId: id, afterSeq: 0 }];
    socket.send({ action: 'sync', requestId: 'r/3', conversations: wanted });
    expect((await socket.next('sync')).requestId).toBe('r/3');
    socket.send({ action: 'heartbeat', requestId: 'r'.repeat(64) });
    expect(await socket.next('heartbeat', (one) => one.requestId === 'r'.repeat(64))).toBeDefined();
  });

  test.each(['', 'e\u0301', 'r\u0000'])('is repeated just as it was sent: %j', async (requestId) => {
    socket.send({ action: 'heartbeat', requestId });
    expect(await socket.next('heartbeat', (one) => one.requestId === requestId)).toBeDefined();
  });

  test('may be left out, and then is not in the reply', async () => {
    socket.send({ action: 'heartbeat' });
    const reply = await socket.next('heartbeat', (one) => one.requestId === undefined);
    expect(Object.keys(reply).sort()).toEqual(['latestActivityAt', 'serverTime', 'type']);
  });

  test.each([['r'.repeat(65)], [7], [null], [['r']], [{ id: 'r' }], ['\ud83d']])(
    'cannot be %j',
    async (requestId) => {
      socket.send({ action: 'heartbeat', requestId });
      expect(await socket.next('error')).toMatchObject({ code: 'BAD_REQUEST', action: 'heartbeat' });
    },
  );

  test('is repeated by an error, with all else that is known', async () => {
    socket.send({ action: 'sendMessage', requestId: 'r/5', conversationId: id, messageId: 'm-5' });
    expect(await socket.next('error', (one) => one.requestId === 'r/5')).toEqual({
      type: 'error',
      code: 'BAD_REQUEST',
      message: expect.stringContaining('content'),
      action: 'sendMessage',
      requestId: 'r/5',
      messageId: 'm-5',
    });
  });
});

describe('a frame that cannot be understood', () => {
  const good = { conversationId: 'cnv_x', messageId: 'm', content: 'c' };

  test.each<[what: string, frame: object]>([
    ['no action', {}],
    ['an unknown action', { action: 'sendEmail' }],
    ['an action in other letters', { action: 'SendMessage', ...good }],
    ['an action of null', { action: null }],
    ['an action that is a number', { action: 1 }],
    ['an action that is a list', { action: ['heartbeat'] }],
    ["API Gateway's own routes", { action: '$connect' }],
    ["API Gateway's own routes", { action: '$disconnect' }],
    ["API Gateway's own routes", { action: '$default' }],
    ['a name of every object', { action: 'constructor' }],
    ['a name of every object', { action: '__proto__' }],
    ['an unknown field', { action: 'heartbeat', extra: 1 }],
    ['another action’s field', { action: 'heartbeat', conversationId: 'cnv_x' }],
    ['a message without content', { action: 'sendMessage', ...good, content: undefined }],
    ['a message without an id', { action: 'sendMessage', ...good, messageId: undefined }],
    ['a message to nowhere', { action: 'sendMessage', ...good, conversationId: undefined }],
    ['a system message', { action: 'sendMessage', ...good, type: 'system' }],
    ['a message of another type', { action: 'sendMessage', ...good, type: 'poll' }],
    ['a reply to 0', { action: 'sendMessage', ...good, replyTo: 0 }],
    ['a reply to text', { action: 'sendMessage', ...good, replyTo: '1' }],
    ['a message that names its sender', { action: 'sendMessage', ...good, senderId: 'usr_x' }],
    ['a marker without seq', { action: 'markRead', conversationId: 'cnv_x' }],
    ['a sync of nothing', { action: 'sync' }],
  ])('%s is BAD_REQUEST: %j', async (_, frame) => {
    const error = await socket.request(frame, 'error');
    expect(error).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(/./) });
    expectTellsNothing(error);
    expect(socket.isOpen).toBe(true);
  });

  test('leaves the socket as it was', async () => {
    const messageId = await socket.say(id, 'Still here');
    expect(await socket.message(messageId)).toMatchObject({ content: 'Still here' });
  });
});
