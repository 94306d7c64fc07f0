import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Conversation, Member } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type WithMembers = Conversation & { members: Member[] };

let parley: Parley;
let alice: Person;
let crowd: Person[];
let last: Person;
let id: string;
let aliceSocket: ChatSocket;
let lastSocket: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  crowd = [];
  while (crowd.length < 201) {
    const names = [0, 1, 2].map((index) => `crowd-${crowd.length + index}`);
    crowd.push(...(await Promise.all(names.map((name) => parley.register(name)))));
  }
  last = crowd.at(-1) ?? alice;
  [aliceSocket, lastSocket] = await Promise.all([alice.connect(), last.connect()]);
});
afterAll(() => parley?.close());

const idsOf = (people: Person[]) => people.map((person) => person.id);
const create = (memberIds: string[]) =>
  alice.api.post<Conversation>('/conversations', { type: 'GROUP', title: 'Crowd', memberIds });
const inbox = async (person: Person) =>
  (await person.api.get<{ items: Conversation[] }>('/conversations')).body.items;

test('a group can begin with 100 members besides its creator, but not with more', async () => {
  expectProblem(await create(idsOf(crowd.slice(0, 101))), 'BAD_REQUEST');
  const { status, body } = await create(idsOf(crowd.slice(0, 100)));
  expect(status).toBe(201);
  expect(body).toMatchObject({ memberCount: 101, role: 'admin' });
  id = body.conversationId;
  const seen = await alice.api.get<WithMembers>(`/conversations/${id}`);
  expect(idsOf(crowd.slice(0, 100)).concat(alice.id).sort()).toEqual(
    seen.body.members.map((member) => member.userId).sort(),
  );
  const hundredth = crowd[99] ?? alice;
  expect(await inbox(hundredth)).toMatchObject([{ title: 'Crowd', memberCount: 101, role: 'member' }]);
});

test('it grows by up to 100 a call, beyond what is shown with it', async () => {
  const path = `/conversations/${id}/members`;
  for (const userIds of [idsOf(crowd.slice(100, 200)), [last.id]]) {
    const added = await alice.api.post<{ members: Member[] }>(path, { userIds });
    expect(added.status).toBe(200);
    expect(added.body.members).toHaveLength(userIds.length);
  }
  const seen = await last.api.get<WithMembers>(`/conversations/${id}`);
  expect(seen.body.memberCount).toBe(202);
  expect(seen.body.members).toHaveLength(200);

  const paged: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: Record<string, string> = cursor === '' ? {} : { cursor };
    const page = await last.api.get<{ items: Member[]; nextCursor: string | null }>(path, query);
    paged.push(...page.body.items.map((member) => member.userId));
    cursor = page.body.nextCursor;
  }
  expect(paged.sort()).toEqual(idsOf([alice, ...crowd]).sort());
});

test('its messages reach its members, and bring it to the top of their inboxes', async () => {
  const quiet = await last.group('Quiet', alice);
  const messageId = await aliceSocket.say(id, 'Hello everyone');
  for (const socket of [aliceSocket, lastSocket]) {
    expect(await socket.message(messageId)).toMatchObject({ conversationId: id, seq: 1 });
  }
  for (const [person, unreadCount] of [
    [alice, 0],
    [last, 1],
  ] as const) {
    const rows = await inbox(person);
    expect(rows.map((row) => row.conversationId)).toEqual([id, quiet]);
    expect(rows[0]).toMatchObject({
      lastSeq: 1,
      unreadCount,
      lastMessagePreview: { seq: 1, senderId: alice.id, text: 'Hello everyone' },
    });
  }
});

test('a read marker is told to the own devices only', async () => {
  const tablet = await last.connect();
  const read = await last.api.put(`/conversations/${id}/read`, { seq: 1 });
  expect(read.body).toEqual({ lastReadSeq: 1 });
  expect(await tablet.next('read')).toMatchObject({ conversationId: id, userId: last.id, seq: 1 });
  await aliceSocket.heartbeat();
  expect(aliceSocket.received.filter((frame) => frame.type === 'read')).toEqual([]);
});
