import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answered, answeredNothing, refused } from '../caller.ts';
import { must, section, smoke } from '../requirement.ts';
import {
  type Conversation,
  Direct,
  Group,
  InboxPage,
  Member,
  MembersPage,
  ReadMarker,
  WithMembers,
} from '../shapes.ts';

const ids = (members: { userId: string }[]) => members.map(({ userId }) => userId).sort();

export const conversations = section('§4 Conversations', [
  smoke('http.dm', 'A DM is made once, whoever asks first: 201, and 200 with the same one', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const first = await alice.api.post('/conversations', { type: 'DM', memberIds: [bob.id] });
    ok(first.status === 201 || (cast.isGiven && first.status === 200), `${first.status}`);
    const made = await answered(Promise.resolve(first), first.status, Direct);
    for (const [asker, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const again = asker.api.post('/conversations', { type: 'DM', memberIds: [other.id] });
      equal((await answered(again, 200, Direct)).conversationId, made.conversationId);
    }
  }),
  must('http.dm.oneself', 'A DM with oneself is BAD_REQUEST', async (cast) => {
    const alice = await cast.person('alice');
    await refused(alice.api.post('/conversations', { type: 'DM', memberIds: [alice.id] }), 'BAD_REQUEST');
  }),
  must('http.dm.fixed', 'The members and the title of a DM do not change: FORBIDDEN', async (cast) => {
    const [alice, bob, dave] = await cast.people('alice', 'bob', 'dave');
    const path = `/conversations/${await cast.direct(alice, bob)}`;
    await refused(alice.api.patch(path, { title: 'x' }), 'FORBIDDEN');
    await refused(alice.api.post(`${path}/members`, { userIds: [dave.id] }), 'FORBIDDEN');
    await refused(alice.api.delete(`${path}/members/${bob.id}`), 'FORBIDDEN');
    await refused(alice.api.delete(`${path}/members/${alice.id}`), 'FORBIDDEN');
  }),
  must('http.group', 'A group has its members from the start, and its creator as an admin', async (cast) => {
    const [alice, bob, carol] = await cast.people('alice', 'bob', 'carol');
    const id = await cast.group(alice, bob, carol);
    const answer = await alice.api.get(`/conversations/${id}`);
    const { memberCount } = await answered(Promise.resolve(answer), 200, Group);
    const { members } = await answered(Promise.resolve(answer), 200, WithMembers);
    equal(memberCount, 3);
    deepEqual(ids(members), [alice.id, bob.id, carol.id].sort());
    deepEqual(
      members.filter(({ role }) => role === 'admin').map(({ userId }) => userId),
      [alice.id],
    );
  }),
  must('http.group.create-id', 'A repeated createId answers the same group with 200', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const body = { type: 'GROUP', title: 'Once', memberIds: [bob.id], createId: randomUUID() };
    const { conversationId } = await answered(alice.api.post('/conversations', body), 201, Group);
    cast.noteGroup(alice, conversationId);
    equal(
      (await answered(alice.api.post('/conversations', body), 200, Group)).conversationId,
      conversationId,
    );
    const others = await answered(bob.api.post('/conversations', { ...body, memberIds: [] }), 201, Group);
    cast.noteGroup(bob, others.conversationId);
    notEqual(others.conversationId, conversationId);
  }),
  must('http.conversations.unknown-member', 'An unknown member is BAD_REQUEST', async (cast) => {
    const { api } = await cast.person('alice');
    await refused(api.post('/conversations', { type: 'DM', memberIds: ['usr_none'] }), 'BAD_REQUEST');
    const body = { type: 'GROUP', title: 'x', memberIds: ['usr_none'] };
    await refused(api.post('/conversations', body), 'BAD_REQUEST');
  }),
  must('http.inbox.order', 'The inbox is sorted by newest activity', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const one = await cast.group(alice, bob);
    const other = await cast.group(alice, bob);
    for (const newest of [one, other, one]) {
      await alice.say(newest, 'newest');
      // The inbox is read from an index that may lag by moments.
      const seen = await eventually(cast.target.deadlineMs, async () => {
        const { items } = await answered(bob.api.get('/conversations?limit=1'), 200, InboxPage);
        return items[0]?.conversationId === newest ? items[0] : undefined;
      });
      equal(seen?.conversationId, newest);
    }
  }),
  must(
    'http.inbox.pages',
    'The pages of the inbox hold each conversation once, and end with null',
    async (cast) => {
      const [{ api }] = await cast.people('alice', 'bob');
      await cast.sharedGroup();
      const found: string[] = [];
      let cursor: string | null = '';
      for (let pages = 0; cursor !== null && pages < 200; pages += 1) {
        const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: { items: Conversation[]; nextCursor: string | null } = await answered(
          api.get(`/conversations?limit=3${query}`),
          200,
          InboxPage,
        );
        ok(page.items.length <= 3);
        found.push(...page.items.map(({ conversationId }) => conversationId));
        cursor = page.nextCursor;
      }
      equal(cursor, null);
      equal(new Set(found).size, found.length);
      ok(found.includes(await cast.sharedGroup()));
    },
  ),
  must('http.conversation.title', 'The title is changed by an admin only', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const path = `/conversations/${await cast.group(alice, bob)}`;
    equal((await answered(alice.api.patch(path, { title: 'New' }), 200, Group)).title, 'New');
    await refused(bob.api.patch(path, { title: 'Mine' }), 'FORBIDDEN');
    equal((await answered(bob.api.get(path), 200, Group)).title, 'New');
  }),
  must('http.settings', 'mutedUntil and pinned are one’s own', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const path = `/conversations/${await cast.group(alice, bob)}`;
    const settings = { mutedUntil: '2030-01-02T03:04:05.678Z', pinned: true };
    const set = await answered(bob.api.patch(`${path}/settings`, settings), 200, Group);
    deepEqual([set.mutedUntil, set.pinned], [settings.mutedUntil, true]);
    const others = await answered(alice.api.get(path), 200, Group);
    deepEqual([others.mutedUntil, others.pinned], [null, false]);
    const unset = await answered(bob.api.patch(`${path}/settings`, { mutedUntil: null }), 200, Group);
    deepEqual([unset.mutedUntil, unset.pinned], [null, true]);
  }),
  must('http.read', 'The read marker never moves back, and never past lastSeq', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const id = await cast.group(alice, bob);
    for (const text of ['one', 'two', 'three']) await alice.say(id, text);
    const mark = async (seq: number) =>
      (await answered(bob.api.put(`/conversations/${id}/read`, { seq }), 200, ReadMarker)).lastReadSeq;
    equal(await mark(2), 2);
    equal(await mark(1), 2);
    equal(await mark(1_000_000), 3);
    const { lastReadSeq, unreadCount } = await bob.conversation(id);
    deepEqual([lastReadSeq, unreadCount], [3, 0]);
  }),
]);

export const members = section('§4 Members', [
  must('http.members.pages', 'The pages of members hold each of them once', async (cast) => {
    const [alice, bob, carol] = await cast.people('alice', 'bob', 'carol');
    const path = `/conversations/${await cast.group(alice, bob, carol)}/members`;
    const first = await answered(bob.api.get(`${path}?limit=2`), 200, MembersPage);
    equal(first.items.length, 2);
    const rest = await answered(bob.api.get(`${path}?limit=2&cursor=${first.nextCursor}`), 200, MembersPage);
    equal(rest.nextCursor, null);
    deepEqual(ids([...first.items, ...rest.items]), [alice.id, bob.id, carol.id].sort());
  }),
  must('http.members.add', 'An admin adds members; adding one twice is no error', async (cast) => {
    const [alice, bob, carol] = await cast.people('alice', 'bob', 'carol');
    const id = await cast.group(alice, bob);
    const path = `/conversations/${id}/members`;
    for (let times = 0; times < 2; times += 1) {
      const { members } = await answered(alice.api.post(path, { userIds: [carol.id] }), 200, WithMembers);
      deepEqual(ids(members), [carol.id]);
    }
    equal((await carol.conversation(id)).memberCount, 3);
  }),
  must(
    'http.members.add.refused',
    'Others may not add; unknown users and more than 100 are refused',
    async (cast) => {
      const [alice, bob, carol] = await cast.people('alice', 'bob', 'carol');
      const path = `/conversations/${await cast.group(alice, bob)}/members`;
      await refused(bob.api.post(path, { userIds: [carol.id] }), 'FORBIDDEN');
      await refused(alice.api.post(path, { userIds: ['usr_none'] }), 'BAD_REQUEST');
      await refused(alice.api.post(path, { userIds: [] }), 'BAD_REQUEST');
      const tooMany = Array.from({ length: 101 }, (_, index) => `u${index}`);
      await refused(alice.api.post(path, { userIds: tooMany }), 'BAD_REQUEST');
    },
  ),
  must('http.members.role', 'An admin gives a role; others may not', async (cast) => {
    const [alice, bob] = await cast.people('alice', 'bob');
    const path = `/conversations/${await cast.group(alice, bob)}/members`;
    await refused(bob.api.patch(`${path}/${bob.id}`, { role: 'admin' }), 'FORBIDDEN');
    const member = await answered(alice.api.patch(`${path}/${bob.id}`, { role: 'admin' }), 200, Member);
    deepEqual([member.userId, member.role], [bob.id, 'admin']);
    await answered(bob.api.patch(`${path}/${alice.id}`, { role: 'member' }), 200, Member);
    await refused(alice.api.patch(`${path}/${alice.id}`, { role: 'admin' }), 'FORBIDDEN');
    // Back, so that the run can clear up.
    await answered(bob.api.patch(`${path}/${alice.id}`, { role: 'admin' }), 200, Member);
  }),
  must(
    'http.members.last-admin',
    'The last admin cannot step down or leave while others remain: CONFLICT',
    async (cast) => {
      const [alice, bob] = await cast.people('alice', 'bob');
      const path = `/conversations/${await cast.group(alice, bob)}/members`;
      await refused(alice.api.patch(`${path}/${alice.id}`, { role: 'member' }), 'CONFLICT');
      await refused(alice.api.delete(`${path}/${alice.id}`), 'CONFLICT');
      await answeredNothing(bob.api.delete(`${path}/${bob.id}`), 204);
      await answeredNothing(alice.api.delete(`${path}/${alice.id}`), 204);
    },
  ),
  must('http.members.remove', 'An admin removes members, others only themselves', async (cast) => {
    const [alice, bob, carol] = await cast.people('alice', 'bob', 'carol');
    const id = await cast.group(alice, bob, carol);
    const path = `/conversations/${id}/members`;
    await refused(bob.api.delete(`${path}/${carol.id}`), 'FORBIDDEN');
    await answeredNothing(alice.api.delete(`${path}/${carol.id}`), 204);
    await refused(carol.api.get(`/conversations/${id}`), 'NOT_FOUND');
    equal((await alice.conversation(id)).memberCount, 2);
  }),
]);

async function eventually<T>(ms: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined || Date.now() > end) return found;
  }
}
