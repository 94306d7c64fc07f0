import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Member } from '../../shared/protocol/entities.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type Page = { items: Member[]; nextCursor: string | null };

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;
let dave: Person;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  carol = await parley.register('carol');
  dave = await parley.register('dave');
});
afterAll(() => parley?.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const membersOf = (id: string) => `/conversations/${id}/members`;
const add = (caller: Person, id: string, ...people: Person[]) =>
  caller.api.post<{ members: Member[] }>(membersOf(id), { userIds: people.map((person) => person.id) });
const shown = (person: Person, role: 'admin' | 'member', lastReadSeq = 0) => ({
  userId: person.id,
  username: person.user.username,
  displayName: person.user.displayName,
  role,
  joinedAt: time,
  lastReadSeq,
});

describe('paging', () => {
  test.each([1, 2, 3, 4, 100])('pages of %i hold every member once', async (limit) => {
    const id = await alice.group('Paged', bob, carol, dave);
    const items: Member[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: Record<string, string | number> = { limit, ...(cursor !== '' && { cursor }) };
      const { status, body }: { status: number; body: Page } = await bob.api.get<Page>(membersOf(id), query);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(limit);
      items.push(...body.items);
      cursor = body.nextCursor;
    }
    expect(items.toSorted((a, b) => (a.username < b.username ? -1 : 1))).toEqual([
      shown(alice, 'admin'),
      shown(bob, 'member'),
      shown(carol, 'member'),
      shown(dave, 'member'),
    ]);
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=%00', 'limit=1&limit=1', 'role=admin'])(
    '?%s is refused',
    async (query) => {
      const id = await alice.group('Bad queries');
      expectProblem(await alice.api.get(membersOf(id), new URLSearchParams(query)), 'BAD_REQUEST');
    },
  );
});

describe('adding', () => {
  test('answers the members; adding one twice is no error and changes nothing', async () => {
    const id = await alice.group('Growing', bob);
    const first = await add(alice, id, carol, dave);
    expect(first.status).toBe(200);
    expect(first.body.members.toSorted((a, b) => (a.username < b.username ? -1 : 1))).toEqual([
      shown(carol, 'member'),
      shown(dave, 'member'),
    ]);
    await alice.api.patch(`${membersOf(id)}/${carol.id}`, { role: 'admin' });
    const again = await add(alice, id, carol, dave);
    expect(again.status).toBe(200);
    expect(again.body.members).toHaveLength(2);
    const { body } = await alice.api.get<Conversation & { members: Member[] }>(`/conversations/${id}`);
    expect(body.memberCount).toBe(4);
    expect(body.members.find((member) => member.userId === carol.id)?.role).toBe('admin');
  });

  test('one joins with everything so far read, and may read all of it', async () => {
    const id = await alice.group('History', bob);
    const socket = await alice.connect();
    await socket.message(await socket.say(id, 'Before Carol came'));
    expect((await add(alice, id, carol)).body.members).toEqual([shown(carol, 'member', 1)]);
    const row = await carol.api.get<Conversation>(`/conversations/${id}`);
    expect(row.body).toMatchObject({ lastSeq: 1, lastReadSeq: 1, unreadCount: 0 });
    const history = await carol.api.get<{ items: unknown[] }>('/messages', { conversationId: id });
    expect(history.body.items).toMatchObject([{ seq: 1, content: 'Before Carol came' }]);
  });

  test('is for admins', async () => {
    const id = await alice.group('Admins only', bob);
    expectProblem(await add(bob, id, carol), 'FORBIDDEN');
    expectProblem(await add(carol, id, carol), 'NOT_FOUND');
    expect((await alice.api.get<Conversation>(`/conversations/${id}`)).body.memberCount).toBe(2);
  });

  test.each([
    ['an unknown user', { userIds: ['usr_nobody'] }],
    ['nobody', { userIds: [] }],
    ['more than 100', { userIds: Array.from({ length: 101 }, (_, index) => `usr_${index}`) }],
    ['an id that cannot be one', { userIds: ['a b'] }],
    ['no list', { userIds: 'usr_a' }],
    ['an unknown field', { userIds: ['usr_nobody'], role: 'admin' }],
  ])('%s is refused', async (_, body) => {
    const id = await alice.group('Refused');
    expectProblem(await alice.api.post(membersOf(id), body), 'BAD_REQUEST');
    expect((await alice.api.get<Conversation>(`/conversations/${id}`)).body.memberCount).toBe(1);
  });
});

describe('the added one', () => {
  test('hears of the conversation before its first message, the others of the change', async () => {
    const id = await alice.group('Introduced', bob);
    const devices = await Promise.all([alice.connect(), bob.connect(), carol.connect()]);
    await add(alice, id, carol);
    const messageId = await devices[0].say(id, 'Welcome, Carol');
    await devices[2].message(messageId);

    const { conversation } = await devices[2].next('conversation');
    expect(conversation).toMatchObject({
      conversationId: id,
      type: 'GROUP',
      title: 'Introduced',
      role: 'member',
      memberCount: 3,
    });
    const types = devices[2].received.map((frame) => frame.type);
    expect(types.indexOf('conversation')).toBeLessThan(types.indexOf('message'));
    expect(await devices[1].next('conversationChanged')).toEqual({
      type: 'conversationChanged',
      conversationId: id,
      title: 'Introduced',
      memberCount: 3,
    });
  });

  test('of a new group too', async () => {
    const socket = await dave.connect();
    const id = await alice.group('Brand new', dave);
    const { conversation } = await socket.next('conversation');
    expect(conversation).toMatchObject({ conversationId: id, role: 'member', memberCount: 2 });
  });
});
