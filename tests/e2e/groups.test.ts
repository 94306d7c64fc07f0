import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Member } from '../../shared/protocol/entities.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type WithMembers = Conversation & { members: Member[] };

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  carol = await parley.register('carol');
});
afterAll(() => parley?.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const create = (caller: Person, body: object) =>
  caller.api.post<Conversation>('/conversations', { type: 'GROUP', ...body });

describe('creating a group', () => {
  test('makes the creator an admin and the others members', async () => {
    const { status, body } = await create(alice, { title: 'Climbing 🧗', memberIds: [bob.id, carol.id] });
    expect(status).toBe(201);
    expect(body).toEqual({
      conversationId: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      type: 'GROUP',
      title: 'Climbing 🧗',
      createdAt: time,
      createdBy: alice.id,
      memberCount: 3,
      role: 'admin',
      lastSeq: 0,
      lastReadSeq: 0,
      unreadCount: 0,
      lastActivityAt: time,
      lastMessagePreview: null,
      mutedUntil: null,
      pinned: false,
    });
    const seen = await bob.api.get<WithMembers>(`/conversations/${body.conversationId}`);
    const { members, ...conversation } = seen.body;
    // Who is added may have joined a moment after it was made.
    const { lastActivityAt } = conversation;
    expect(conversation).toEqual({ ...body, role: 'member', lastActivityAt });
    expect(Date.parse(lastActivityAt)).toBeGreaterThanOrEqual(Date.parse(body.lastActivityAt));
    expect(Object.fromEntries(members.map(({ username, role }) => [username, role]))).toEqual({
      alice: 'admin',
      bob: 'member',
      carol: 'member',
    });
  });

  test('alone is allowed, and naming someone twice or oneself changes nothing', async () => {
    expect((await create(alice, { title: 'Notes', memberIds: [] })).body.memberCount).toBe(1);
    const named = await create(alice, { title: 'Twice', memberIds: [bob.id, bob.id, alice.id] });
    expect(named.status).toBe(201);
    expect(named.body).toMatchObject({ memberCount: 2, role: 'admin' });
  });

  test('with the same createId again answers the same group', async () => {
    const body = { title: 'Retried', memberIds: [bob.id], createId: 'create-1' };
    const first = await create(alice, body);
    expect(first.status).toBe(201);
    const again = await create(alice, body);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);

    // It is the caller's own: another's is another group.
    const another = await create(bob, { ...body, memberIds: [alice.id] });
    expect(another.status).toBe(201);
    expect(another.body.conversationId).not.toBe(first.body.conversationId);
    const inbox = await alice.api.get<{ items: Conversation[] }>('/conversations');
    expect(inbox.body.items.filter((item) => item.title === 'Retried')).toHaveLength(2);
  });

  test('with one createId many times at once makes one group', async () => {
    const body = { title: 'At once', memberIds: [bob.id, carol.id], createId: 'create-2' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => create(alice, body)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map((answer) => answer.body.conversationId)).size).toBe(1);
  });

  test('without a createId, twice makes two', async () => {
    const body = { title: 'Two of them', memberIds: [] };
    const ids = [await create(alice, body), await create(alice, body)].map((one) => one.body.conversationId);
    expect(new Set(ids).size).toBe(2);
  });

  test.each([
    ['an unknown member', { title: 'A', memberIds: ['usr_nobody'] }],
    ['no title', { memberIds: [] }],
    ['an empty title', { title: '', memberIds: [] }],
    ['a title of null', { title: null, memberIds: [] }],
    ['a long title', { title: 'x'.repeat(101), memberIds: [] }],
    ['no memberIds', { title: 'A' }],
    ['memberIds that are no list', { title: 'A', memberIds: 'usr_nobody' }],
    ['a member id that is a number', { title: 'A', memberIds: [7] }],
    ['a createId that cannot be one', { title: 'A', memberIds: [], createId: 'a b' }],
    ['an unknown field', { title: 'A', memberIds: [], public: true }],
  ])('with %s is refused', async (_, body) => {
    expectProblem(await create(alice, body), 'BAD_REQUEST');
  });

  test('with an unknown member makes nothing at all', async () => {
    expectProblem(await create(carol, { title: 'Half', memberIds: [bob.id, 'usr_nobody'] }), 'BAD_REQUEST');
    const inbox = await bob.api.get<{ items: Conversation[] }>('/conversations?limit=100');
    expect(inbox.body.items.map((item) => item.title)).not.toContain('Half');
  });
});

describe('renaming a group', () => {
  test('is for admins; the others are told', async () => {
    const id = await alice.group('Before', bob);
    const devices = await Promise.all([alice.connect(), bob.connect()]);
    const changed = await alice.api.patch<Conversation>(`/conversations/${id}`, { title: 'After' });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ conversationId: id, title: 'After' });
    expect(await devices[1].next('conversationChanged')).toEqual({
      type: 'conversationChanged',
      conversationId: id,
      title: 'After',
      memberCount: 2,
    });
    expectProblem(await bob.api.patch(`/conversations/${id}`, { title: 'Mine' }), 'FORBIDDEN');
    expect((await bob.api.get(`/conversations/${id}`)).body).toMatchObject({ title: 'After' });
  });

  test.each([
    ['an empty title', { title: '' }],
    ['null', { title: null }],
    ['another field', { type: 'DM' }],
  ])('refuses %s', async (_, body) => {
    const id = await alice.group('Unchanged');
    expectProblem(await alice.api.patch(`/conversations/${id}`, body), 'BAD_REQUEST');
    expect((await alice.api.get(`/conversations/${id}`)).body).toMatchObject({ title: 'Unchanged' });
  });
});
