import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Member } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let stranger: Person;
let aliceSocket: ChatSocket;
let bobSocket: ChatSocket;
let bobTablet: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  stranger = await parley.register('stranger');
  [aliceSocket, bobSocket, bobTablet] = await Promise.all([alice.connect(), bob.connect(), bob.connect()]);
});
afterAll(() => parley?.close());

/** Moves Bob's marker; answers where it is then. */
type MarkRead = (conversationId: string, seq: number) => Promise<number>;

const overHttp: MarkRead = async (id, seq) => {
  const answer = await bob.api.put<{ lastReadSeq: number }>(`/conversations/${id}/read`, { seq });
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body)).toEqual(['lastReadSeq']);
  return answer.body.lastReadSeq;
};

const overTheSocket: MarkRead = async (id, seq) => {
  const ack = await bobSocket.request({ action: 'markRead', conversationId: id, seq });
  expect(ack).toMatchObject({ type: 'ack', action: 'markRead' });
  return 'lastReadSeq' in ack ? ack.lastReadSeq : Number.NaN;
};

async function groupWithMessages(title: string, count: number): Promise<string> {
  const id = await alice.group(title, bob);
  for (let index = 1; index <= count; index += 1) {
    await bobSocket.message(await aliceSocket.say(id, `Number ${index}`));
  }
  return id;
}

const row = async (person: Person, id: string) =>
  (await person.api.get<Conversation & { members: Member[] }>(`/conversations/${id}`)).body;

describe.each([
  ['over HTTP', overHttp],
  ['over the socket', overTheSocket],
])('marking as read %s', (name, markRead) => {
  test('moves the marker and lowers the unread count', async () => {
    const id = await groupWithMessages(`Unread ${name}`, 3);
    expect(await row(bob, id)).toMatchObject({ lastSeq: 3, lastReadSeq: 0, unreadCount: 3 });
    expect(await markRead(id, 2)).toBe(2);
    expect(await row(bob, id)).toMatchObject({ lastSeq: 3, lastReadSeq: 2, unreadCount: 1 });
    // The others see it too.
    expect((await row(alice, id)).members.find((member) => member.userId === bob.id)?.lastReadSeq).toBe(2);
  });

  test('never moves it back', async () => {
    const id = await groupWithMessages(`Back ${name}`, 2);
    expect(await markRead(id, 2)).toBe(2);
    expect(await markRead(id, 1)).toBe(2);
    expect(await markRead(id, 0)).toBe(2);
    expect(await row(bob, id)).toMatchObject({ lastReadSeq: 2, unreadCount: 0 });
  });

  test('never moves it past the last message', async () => {
    const id = await groupWithMessages(`Past ${name}`, 1);
    expect(await markRead(id, 1_000_000)).toBe(1);
    expect(await row(bob, id)).toMatchObject({ lastReadSeq: 1, unreadCount: 0 });
    await bobSocket.message(await aliceSocket.say(id, 'One more'));
    expect(await row(bob, id)).toMatchObject({ lastSeq: 2, lastReadSeq: 1, unreadCount: 1 });
  });

  test('tells the other members and the own other devices, once', async () => {
    const id = await groupWithMessages(`Told ${name}`, 2);
    await markRead(id, 2);
    await markRead(id, 1);
    for (const socket of [aliceSocket, bobTablet]) {
      const event = await socket.next('read', (one) => one.conversationId === id);
      expect(event).toEqual({ type: 'read', conversationId: id, userId: bob.id, seq: 2 });
      await socket.heartbeat();
      const events = socket.received.filter((one) => one.type === 'read' && one.conversationId === id);
      expect(events).toEqual([event]);
    }
  });
});

describe('nonsense is refused', () => {
  test.each([[-1], [1.5], ['1'], [null], [2 ** 53]])('seq %j', async (seq) => {
    const id = await alice.dm(bob);
    expectProblem(await bob.api.put(`/conversations/${id}/read`, { seq }), 'BAD_REQUEST');
    const error = await bobSocket.request({ action: 'markRead', conversationId: id, seq }, 'error');
    expect(error).toMatchObject({ code: 'BAD_REQUEST', action: 'markRead' });
  });

  test("a stranger's marker", async () => {
    const id = await alice.dm(bob);
    expectProblem(await stranger.api.put(`/conversations/${id}/read`, { seq: 1 }), 'NOT_FOUND');
    const socket = await stranger.connect();
    const error = await socket.request({ action: 'markRead', conversationId: id, seq: 1 }, 'error');
    expect(error).toMatchObject({ code: 'NOT_FOUND', action: 'markRead' });
  });
});
