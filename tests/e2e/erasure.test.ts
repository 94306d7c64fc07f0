/** `DELETE /users/me`, as the others see it and as the one who asks for it does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation, Member, Message } from '../../shared/protocol/entities.ts';
import { type ChatSocket, HandshakeRefused } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type Messages = { items: Message[] };
type WithMembers = Conversation & { members: Member[] };

let parley: Parley;
let alice: Person;
let bob: Person;
let erin: Person;
let alices: ChatSocket;
let bobs: ChatSocket;
let erins: ChatSocket[];
/** Of Erin, its only admin, then Bob, then Alice. */
let group: string;
/** Of Erin and Bob. */
let dm: string;

beforeAll(async () => {
  parley = await Parley.start();
  [alice, bob, erin] = [
    await parley.register('alice'),
    await parley.register('bob'),
    await parley.register('erin'),
  ];
  group = await erin.group('Before', bob);
  await erin.api.post(`/conversations/${group}/members`, { userIds: [alice.id] });
  dm = await erin.dm(bob);
  alices = await alice.connect();
  bobs = await bob.connect();
  erins = [await erin.connect(), await erin.connect()];
  const [her] = erins;
  if (her === undefined) throw new Error('Erin has no device');
  for (const text of ['What Erin said', 'What Erin will have said']) {
    await alices.message(await her.say(group, text));
  }
  await her.message(await alices.say(group, 'What Alice said'));
  await her.request({ action: 'react', conversationId: group, seq: 3, emoji: '👍', op: 'add' });
  await her.request({ action: 'editMessage', conversationId: group, seq: 2, content: 'What Erin meant' });
  await alices.next('messageChanged', ({ lastRevision }) => lastRevision === 2);
  await alices.message(await her.say(group, 'The last that Erin said'));
  await bobs.message(await her.say(dm, 'Between Erin and Bob'));
});
afterAll(() => parley?.close());

const changesIn = (socket: ChatSocket, conversationId: string) =>
  socket.received
    .flatMap((frame) => (frame.type === 'messageChanged' ? frame.messages : []))
    .filter((message) => message.conversationId === conversationId);

/** Waits for the event that says so. */
async function deletedFor(socket: ChatSocket, conversationId: string, seq: number): Promise<void> {
  const gone = (message: Message) =>
    message.conversationId === conversationId && message.seq === seq && message.deleted === true;
  if (changesIn(socket, conversationId).some(gone)) return;
  await socket.next('messageChanged', ({ messages }) => messages.some(gone));
}

describe('once Erin has asked to be erased', () => {
  beforeAll(async () => {
    const answer = await erin.erase();
    expect([answer.status, answer.body]).toEqual([202, undefined]);
  });

  test('no session of hers goes on, and nobody signs in as her', async () => {
    await Promise.all(erins.map((socket) => socket.closed));
    expectProblem(await erin.api.get('/users/me'), 'UNAUTHENTICATED');
    expectProblem(await erin.api.get('/conversations'), 'UNAUTHENTICATED');
    await expect(erin.connect()).rejects.toEqual(new HandshakeRefused(401));
    const { password } = erin;
    expectProblem(await parley.api().post('/login', { username: 'erin', password }), 'UNAUTHENTICATED');
  });

  test('asking again with the old token is refused, which is as good as an answer', async () => {
    expectProblem(await erin.api.delete('/users/me', { password: erin.password }), 'UNAUTHENTICATED');
  });

  test('nobody finds her, by name or by id', async () => {
    for (const query of [{ username: 'erin' }, { ids: erin.id }]) {
      const { body } = await bob.api.get<{ users: unknown[] }>('/users', query);
      expect(body.users).toEqual([]);
    }
  });

  test('nobody writes to her or adds her any more', async () => {
    const carol = await parley.register('carol');
    expectProblem(
      await carol.api.post('/conversations', { type: 'DM', memberIds: [erin.id] }),
      'BAD_REQUEST',
    );
    const mine = await carol.group('Without Erin');
    const userIds = [erin.id];
    expectProblem(await carol.api.post(`/conversations/${mine}/members`, { userIds }), 'BAD_REQUEST');
  });

  test('the members see her messages deleted as it happens, and her reactions go', async () => {
    for (const seq of [1, 2, 4]) await deletedFor(alices, group, seq);
    await deletedFor(bobs, dm, 1);
    const unreacted = ({ seq, reactions, revision = 0 }: Message) =>
      seq === 3 && reactions === undefined && revision > 1;
    if (!changesIn(alices, group).some(unreacted)) {
      await alices.next('messageChanged', ({ messages }) => messages.some(unreacted));
    }
  });

  test('what is left of them is empty and keeps its place, in history as in what changed', async () => {
    const empty = { senderId: erin.id, content: '', deleted: true, revision: expect.any(Number) };
    const { body } = await alice.api.get<Messages>('/messages', { conversationId: group, after: 0 });
    expect(body.items).toEqual([
      expect.objectContaining({ ...empty, seq: 1 }),
      expect.objectContaining({ ...empty, seq: 2 }),
      expect.objectContaining({ seq: 3, senderId: alice.id, content: 'What Alice said' }),
      expect.objectContaining({ ...empty, seq: 4 }),
    ]);
    for (const message of body.items) expect(message).not.toHaveProperty('reactions');
    expect(body.items[1]).not.toHaveProperty('editedAt');

    const changed = await alice.api.get<Messages>('/messages', { conversationId: group, changedAfter: 0 });
    expect(changed.body.items.map(({ seq }) => seq).sort()).toEqual([1, 2, 3, 4]);
    const reply = await alices.request(
      { action: 'sync', conversations: [{ conversationId: group, afterSeq: 4, afterRevision: 2 }] },
      'sync',
    );
    const [state] = reply.conversations;
    if (state === undefined || 'code' in state) throw new Error('Alice is no member');
    expect(state.changed.map(({ content }) => content).sort()).toEqual(['', '', '', 'What Alice said']);
  });

  test('no preview repeats what she said', async () => {
    const { body } = await bob.api.get<{ items: Conversation[] }>('/conversations');
    for (const { lastMessagePreview } of body.items) {
      expect(lastMessagePreview).toMatchObject({ senderId: erin.id, text: '' });
    }
    expect(body.items).toHaveLength(2);
  });

  test('the longest-standing of the others is admin of the group she alone was admin of', async () => {
    const shown = await bobs.next('conversation', ({ conversation }) => conversation.role === 'admin');
    expect(shown.conversation.conversationId).toBe(group);
    const changed = await alices.next('conversationChanged', (event) => event.memberCount === 2);
    expect(changed.conversationId).toBe(group);
    const { body } = await alice.api.get<WithMembers>(`/conversations/${group}`);
    const roles = body.members.map(({ userId, role }) => [userId, role]);
    expect(Object.fromEntries(roles)).toEqual({ [alice.id]: 'member', [bob.id]: 'admin' });
    expect(body.memberCount).toBe(2);
  });

  test('the other of a direct conversation keeps it, with nobody in it but themself', async () => {
    const shown = await bobs.next('conversation', ({ conversation }) => conversation.memberCount === 1);
    expect(shown.conversation).toMatchObject({ conversationId: dm, type: 'DM', lastSeq: 1 });
    expect(shown.conversation).not.toHaveProperty('peer');
    const { body } = await bob.api.get<WithMembers>(`/conversations/${dm}`);
    expect(body.members.map(({ userId }) => userId)).toEqual([bob.id]);
    expect(body).not.toHaveProperty('peer');
    // They may go on writing to it: to nobody.
    await bobs.message(await bobs.say(dm, 'Erin?'));
  });

  test('her name, in any form, is in nothing that the others can read', async () => {
    const texts = [];
    for (const { api } of [alice, bob]) {
      texts.push(await api.get('/conversations'));
      for (const id of [group, dm]) {
        texts.push(await api.get(`/conversations/${id}`), await api.get(`/conversations/${id}/members`));
        texts.push(await api.get('/messages', { conversationId: id }));
      }
    }
    expect(JSON.stringify(texts)).not.toMatch(/"erin"|"Erin"|Erin said|Erin meant|Between Erin/);
  });

  test('nobody can take her username and pass for her', async () => {
    const password = 'what an impostor would choose';
    expectProblem(await parley.api().post('/users', { username: 'Erin', password }), 'CONFLICT');
    expectProblem(await parley.api().post('/login', { username: 'erin', password }), 'UNAUTHENTICATED');
    const { body } = await alice.api.get('/users', { username: 'erin' });
    expect(body).toEqual({ users: [] });
  });
});

test('a person of no conversation is erased as well', async () => {
  const zoe = await parley.register('zoe');
  expect((await zoe.erase()).status).toBe(202);
  expectProblem(await zoe.api.get('/users/me'), 'UNAUTHENTICATED');
});

test('the last member of a group takes their messages along', async () => {
  const sam = await parley.register('sam');
  const own = await sam.group('Notes to self');
  const sams = await sam.connect();
  await sams.message(await sams.say(own, 'What Sam noted'));
  expect((await sam.erase()).status).toBe(202);
  await sams.closed;
});

test('who says nothing sensible erases nobody', async () => {
  const kim = await parley.register('kim');
  expectProblem(await parley.api().delete('/users/me'), 'UNAUTHENTICATED');
  const { password } = kim;
  expectProblem(await kim.api.delete('/users/me', { password, sure: true }), 'BAD_REQUEST');
  expectProblem(await kim.api.delete('/users/me?now=1', { password }), 'BAD_REQUEST');
  expectProblem(await kim.api.delete('/users/me', { password: '' }), 'BAD_REQUEST');
  expect((await kim.api.get('/users/me')).status).toBe(200);
});

test('a token alone, which may be stolen, erases nobody: it takes the password', async () => {
  const lea = await parley.register('lea');
  expectProblem(await lea.api.delete('/users/me'), 'BAD_REQUEST');
  expectProblem(await lea.api.delete('/users/me', {}), 'BAD_REQUEST');
  expectProblem(await lea.api.delete('/users/me', { password: `${lea.password}!` }), 'UNAUTHENTICATED');
  const hers = await lea.connect();
  await hers.heartbeat();
  expect((await lea.erase()).status).toBe(202);
  await hers.closed;
});

test('guesses at the password are counted with those of a password change', async () => {
  const max = await parley.register('max');
  const guess = { currentPassword: 'a wrong password', newPassword: 'what a thief would like' };
  for (let guesses = 0; guesses < 5; guesses += 1) {
    expectProblem(await max.api.delete('/users/me', { password: 'a wrong password' }), 'UNAUTHENTICATED');
    expectProblem(await max.api.put('/users/me/password', guess), 'UNAUTHENTICATED');
  }
  expectProblem(await max.erase(), 'RATE_LIMITED');
  expect((await max.api.get('/users/me')).status).toBe(200);
});

test('no log says who it was by name', () => {
  expect(parley.leaks()).toEqual([]);
});
