import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let stranger: Person;
let hers: ChatSocket;
let herTablet: ChatSocket;
let his: ChatSocket;
let theirs: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  stranger = await parley.register('stranger');
  [hers, herTablet] = [await alice.connect(), await alice.connect()];
  [his, theirs] = [await bob.connect(), await stranger.connect()];
});
afterAll(() => parley?.close());

const typingFrames = (socket: ChatSocket) => socket.received.filter(({ type }) => type === 'typing');

test('the other members are told, in a conversation of two and in a group, and nobody else', async () => {
  for (const conversationId of [await alice.dm(bob), await alice.group('Lunch', bob)]) {
    for (const state of ['started', 'stopped']) {
      hers.send({ action: 'typing', conversationId, state, requestId: 'typing' });
      const event = await his.next('typing');
      expect(event).toEqual({ type: 'typing', conversationId, userId: alice.id, state });
    }
  }
  // What else was sent has come by the time that these are answered.
  for (const socket of [hers, herTablet, theirs]) await socket.heartbeat();
  expect([hers, herTablet, theirs].flatMap(typingFrames)).toEqual([]);
  expect(hers.received.filter((frame) => 'requestId' in frame && frame.requestId === 'typing')).toEqual([]);
});

test('nothing of it is kept', async () => {
  const conversationId = await alice.group('Kept', bob);
  hers.send({ action: 'typing', conversationId, state: 'started' });
  await his.next('typing', (event) => event.conversationId === conversationId);
  const tablet = await bob.connect();
  await tablet.heartbeat();
  expect(typingFrames(tablet)).toEqual([]);
  const { body } = await bob.api.get(`/conversations/${conversationId}`);
  expect(body).toMatchObject({ lastSeq: 0, unreadCount: 0 });
});

test('a stranger, and one who has left, can tell nobody', async () => {
  const conversationId = await alice.group('Closed', bob);
  await expect(theirs.request({ action: 'typing', conversationId, state: 'started' })).rejects.toThrow(
    'NOT_FOUND',
  );
  await bob.api.delete(`/conversations/${conversationId}/members/${bob.id}`);
  await expect(his.request({ action: 'typing', conversationId, state: 'started' })).rejects.toThrow(
    'NOT_FOUND',
  );
  await hers.heartbeat();
  expect(typingFrames(hers)).toEqual([]);
});

test.each([{}, { state: 'paused' }, { state: 'started', conversationId: 7 }, { state: 'started', extra: 1 }])(
  'a frame with %j is refused',
  async (fields) => {
    const frame = { action: 'typing', conversationId: await alice.dm(bob), ...fields };
    await expect(hers.request(frame)).rejects.toThrow('BAD_REQUEST');
  },
);

test('who says it too often is told to wait', async () => {
  const conversationId = await alice.dm(stranger);
  for (let times = 0; times < 40; times += 1)
    theirs.send({ action: 'typing', conversationId, state: 'started' });
  expect(await theirs.next('error')).toMatchObject({ code: 'RATE_LIMITED', action: 'typing' });
});
