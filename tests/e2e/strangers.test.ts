import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../support/api-client.ts';
import { type ChatSocket, newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem, type Problem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let stranger: Person;
let strangerSocket: ChatSocket;
let bobSocket: ChatSocket;
let ids: { dm: string; group: string };

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  stranger = await parley.register('stranger');
  ids = { dm: await alice.dm(bob), group: await alice.group('Private', bob) };
  [strangerSocket, bobSocket] = await Promise.all([stranger.connect(), bob.connect()]);
  const aliceSocket = await alice.connect();
  for (const id of Object.values(ids)) await bobSocket.message(await aliceSocket.say(id, 'For us alone'));
});
afterAll(() => parley?.close());

const noConversation = 'cnv_there_is_no_such_one';

const requests: [what: string, (id: string) => Promise<Answer<Problem>>][] = [
  ['reading it', (id) => stranger.api.get(`/conversations/${id}`)],
  ['renaming it', (id) => stranger.api.patch(`/conversations/${id}`, { title: 'Mine' })],
  ['listing its members', (id) => stranger.api.get(`/conversations/${id}/members`)],
  ['joining it', (id) => stranger.api.post(`/conversations/${id}/members`, { userIds: [stranger.id] })],
  ['adding another', (id) => stranger.api.post(`/conversations/${id}/members`, { userIds: [alice.id] })],
  [
    'promoting a member',
    (id) => stranger.api.patch(`/conversations/${id}/members/${bob.id}`, { role: 'admin' }),
  ],
  ['removing a member', (id) => stranger.api.delete(`/conversations/${id}/members/${bob.id}`)],
  ['leaving it', (id) => stranger.api.delete(`/conversations/${id}/members/${stranger.id}`)],
  ['muting it', (id) => stranger.api.patch(`/conversations/${id}/settings`, { pinned: true })],
  ['marking it read', (id) => stranger.api.put(`/conversations/${id}/read`, { seq: 1 })],
  ['reading its messages', (id) => stranger.api.get('/messages', { conversationId: id })],
  ['reading its first messages', (id) => stranger.api.get('/messages', { conversationId: id, after: 0 })],
  [
    'writing to it',
    (id) =>
      stranger.api.post('/messages', { conversationId: id, messageId: newMessageId(), content: 'Intruding' }),
  ],
];

describe.each(requests)('over HTTP, %s', (_, request) => {
  test('tells a stranger no more than of a conversation that does not exist', async () => {
    const nothing = await request(noConversation);
    expectProblem(nothing, 'NOT_FOUND');
    for (const id of Object.values(ids)) {
      const answer = await request(id);
      expectProblem(answer, 'NOT_FOUND');
      expect({ ...answer.body, requestId: '' }).toEqual({ ...nothing.body, requestId: '' });
    }
  });
});

const frames: [what: string, (id: string) => object][] = [
  [
    'writing to it',
    (id) => ({ action: 'sendMessage', conversationId: id, messageId: newMessageId(), content: 'Intruding' }),
  ],
  ['marking it read', (id) => ({ action: 'markRead', conversationId: id, seq: 1 })],
];

describe.each(frames)('over the socket, %s', (_, frame) => {
  test('tells a stranger no more than of a conversation that does not exist', async () => {
    const told = async (id: string) => {
      const {
        requestId: _id,
        messageId: _message,
        ...error
      } = await strangerSocket.request(frame(id), 'error');
      return error;
    };
    const nothing = await told(noConversation);
    expect(nothing).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
    for (const id of Object.values(ids)) expect(await told(id)).toEqual(nothing);
  });
});

test('over the socket, syncing it tells a stranger nothing', async () => {
  const wanted = [...Object.values(ids), noConversation];
  const conversations = wanted.map((conversationId) => ({ conversationId, afterSeq: 0 }));
  const reply = await strangerSocket.request({ action: 'sync', conversations }, 'sync');
  expect(reply.conversations).toEqual(
    wanted.map((conversationId) => ({ conversationId, code: 'NOT_FOUND' })),
  );
});

test('the conversations are as they were, and the stranger has heard nothing', async () => {
  for (const id of Object.values(ids)) {
    const { body } = await bob.api.get<{ items: { content: string }[] }>('/messages', { conversationId: id });
    expect(body.items.map((message) => message.content)).toEqual(['For us alone']);
    expect((await bob.api.get(`/conversations/${id}`)).body).toMatchObject({
      memberCount: 2,
      lastReadSeq: 0,
    });
  }
  expect((await stranger.api.get('/conversations')).body).toEqual({ items: [], nextCursor: null });
  await strangerSocket.heartbeat();
  expect(strangerSocket.messages()).toEqual([]);
  const types = new Set(strangerSocket.received.map((frame) => frame.type));
  expect([...types].sort()).toEqual(['error', 'heartbeat', 'sync']);
});

test('no log line tells a message', () => {
  expect(parley.leaks()).toEqual([]);
});
