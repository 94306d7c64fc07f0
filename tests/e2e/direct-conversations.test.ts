import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Member } from '../../shared/protocol/entities.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

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
const ask = (from: Person, to: Person) =>
  from.api.post<Conversation>('/conversations', { type: 'DM', memberIds: [to.id] });
const profileOf = ({ user: { userId, username, displayName } }: Person) => ({
  userId,
  username,
  displayName,
});

test('is made once, whoever asks first and however often', async () => {
  const first = await ask(alice, bob);
  expect(first.status).toBe(201);
  expect(first.body).toEqual({
    conversationId: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    type: 'DM',
    title: null,
    createdAt: time,
    createdBy: alice.id,
    memberCount: 2,
    role: 'member',
    lastSeq: 0,
    lastReadSeq: 0,
    unreadCount: 0,
    lastActivityAt: time,
    lastMessagePreview: null,
    mutedUntil: null,
    pinned: false,
    peer: profileOf(bob),
  });

  const again = await ask(alice, bob);
  expect(again.status).toBe(200);
  expect(again.body).toEqual(first.body);
  const fromTheOther = await ask(bob, alice);
  expect(fromTheOther.status).toBe(200);
  expect(fromTheOther.body).toEqual({ ...first.body, peer: profileOf(alice) });
});

test('is made once when both ask at the same time', async () => {
  const answers = await Promise.all([ask(bob, carol), ask(carol, bob), ask(bob, carol), ask(carol, bob)]);
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 201]);
  expect(new Set(answers.map((answer) => answer.body.conversationId)).size).toBe(1);
});

test('shows both its members', async () => {
  const id = await alice.dm(bob);
  const { status, body } = await bob.api.get<Conversation & { members: Member[] }>(`/conversations/${id}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ conversationId: id, type: 'DM', role: 'member', peer: profileOf(alice) });
  expect(body.members.toSorted((a, b) => (a.username < b.username ? -1 : 1))).toEqual([
    { ...profileOf(alice), role: 'member', joinedAt: time, lastReadSeq: 0 },
    { ...profileOf(bob), role: 'member', joinedAt: time, lastReadSeq: 0 },
  ]);
});

describe('cannot be made', () => {
  const refused = async (body: object) =>
    expectProblem(await alice.api.post('/conversations', body), 'BAD_REQUEST');

  test('with oneself', () => refused({ type: 'DM', memberIds: [alice.id] }));
  test('with someone unknown', () => refused({ type: 'DM', memberIds: ['usr_nobody'] }));
  test('with nobody', () => refused({ type: 'DM', memberIds: [] }));
  test('with two', () => refused({ type: 'DM', memberIds: [bob.id, carol.id] }));
  test('with a title', () => refused({ type: 'DM', memberIds: [bob.id], title: 'Us' }));
  test('without saying with whom', () => refused({ type: 'DM' }));
  test('of another type', () => refused({ type: 'CHANNEL', memberIds: [bob.id] }));
  test('of no type', () => refused({ memberIds: [bob.id] }));
});

describe('does not change', () => {
  test.each([
    ['its title', 'PATCH', () => '', { title: 'Us' }],
    ['its members', 'POST', () => '/members', { userIds: ['carol'] }],
    ['a role', 'PATCH', () => `/members/${bob.id}`, { role: 'admin' }],
    ['by removing the other', 'DELETE', () => `/members/${bob.id}`, undefined],
    ['by leaving', 'DELETE', () => `/members/${alice.id}`, undefined],
  ])('%s', async (_, method, path, body) => {
    const id = await alice.dm(bob);
    const before = await alice.api.get(`/conversations/${id}`);
    const sent = body && 'userIds' in body ? { userIds: [carol.id] } : body;
    expectProblem(await alice.api.call(method, `/conversations/${id}${path()}`, sent), 'FORBIDDEN');
    expect((await alice.api.get(`/conversations/${id}`)).body).toEqual(before.body);
  });
});

test('both hear of it before its first message', async () => {
  const dave = await parley.register('dave');
  const sockets = await Promise.all([alice.connect(), dave.connect()]);
  const id = await alice.dm(dave);
  const messageId = await sockets[0].say(id, 'Hello Dave');
  for (const [socket, peer] of [
    [sockets[0], dave],
    [sockets[1], alice],
  ] as const) {
    await socket.message(messageId);
    const { conversation } = await socket.next('conversation');
    expect(conversation).toMatchObject({ conversationId: id, type: 'DM', peer: profileOf(peer) });
    const types = socket.received.map((frame) => frame.type);
    expect(types.indexOf('conversation')).toBeLessThan(types.indexOf('message'));
  }
});
