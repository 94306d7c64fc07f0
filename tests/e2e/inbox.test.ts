import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type Inbox = { items: Conversation[]; nextCursor: string | null };

let parley: Parley;
let alice: Person;
let bob: Person;
let aliceSocket: ChatSocket;
let bobSocket: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  [aliceSocket, bobSocket] = await Promise.all([alice.connect(), bob.connect()]);
});
afterAll(() => parley?.close());

/** Said, and heard by everyone of this file. */
async function say(from: ChatSocket, conversationId: string, content: string): Promise<void> {
  const messageId = await from.say(conversationId, content);
  await Promise.all([aliceSocket, bobSocket].map((socket) => socket.message(messageId)));
}

const inbox = async (person: Person, query: Record<string, string | number> = {}) =>
  (await person.api.get<Inbox>('/conversations', query)).body;
const row = async (person: Person, conversationId: string) =>
  (await person.api.get<Conversation>(`/conversations/${conversationId}`)).body;

async function allPages(person: Person, limit: number): Promise<Conversation[]> {
  const items: Conversation[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Inbox = await inbox(person, { limit, ...(cursor !== '' && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

test('is empty at first', async () => {
  expect(await inbox(await parley.register('newcomer'))).toEqual({ items: [], nextCursor: null });
});

describe('order and paging', () => {
  const titles = ['one', 'two', 'three', 'four', 'five'];
  const ids = new Map<string, string>();

  beforeAll(async () => {
    for (const title of titles) ids.set(title, await alice.group(title, bob));
  });
  const idOf = (title: string) => ids.get(title) ?? '';

  test('newest activity first: a message brings its conversation to the top', async () => {
    expect((await inbox(alice)).items.map((item) => item.title)).toEqual(titles.toReversed());
    await say(bobSocket, idOf('two'), 'Up');
    await say(aliceSocket, idOf('one'), 'And up');
    const expected = ['one', 'two', 'five', 'four', 'three'];
    for (const person of [alice, bob]) {
      expect((await inbox(person)).items.map((item) => item.title)).toEqual(expected);
    }
  });

  test.each([1, 2, 3, 5, 100])('pages of %i hold every conversation once, in order', async (limit) => {
    const whole = await inbox(alice, { limit: 100 });
    expect(whole.nextCursor).toBeNull();
    expect(await allPages(alice, limit)).toEqual(whole.items);
  });

  test('a cursor pages only the inbox of who uses it', async () => {
    const { nextCursor } = await inbox(alice, { limit: 2 });
    const stranger = await parley.register('stranger');
    expect(await inbox(stranger, { cursor: nextCursor ?? '' })).toEqual({ items: [], nextCursor: null });
    const decoded = Buffer.from(nextCursor ?? '', 'base64').toString();
    expect([nextCursor, decoded].join()).not.toContain(alice.id);
  });

  test.each([
    ['limit=0'],
    ['limit=101'],
    ['limit=-1'],
    ['limit=1.5'],
    ['limit=ten'],
    ['limit='],
    ['limit=1&limit=2'],
    ['cursor=not.a.cursor'],
    ['cursor=AAAA'],
    ['cursor='],
    ['offset=1'],
  ])('?%s is refused', async (query) => {
    expectProblem(await alice.api.get('/conversations', new URLSearchParams(query)), 'BAD_REQUEST');
  });
});

describe('what a row tells', () => {
  test('what is unread, and the newest message; who sent it has read it', async () => {
    const id = await alice.dm(bob);
    await say(aliceSocket, id, 'First');
    await say(aliceSocket, id, 'Second');
    const lastMessagePreview = { seq: 2, senderId: alice.id, text: 'Second' };
    expect(await row(alice, id)).toMatchObject({
      lastSeq: 2,
      lastReadSeq: 2,
      unreadCount: 0,
      lastMessagePreview,
    });
    expect(await row(bob, id)).toMatchObject({
      lastSeq: 2,
      lastReadSeq: 0,
      unreadCount: 2,
      lastMessagePreview,
      peer: { userId: alice.id, username: 'alice', displayName: 'Alice' },
    });

    await say(bobSocket, id, 'Third');
    expect(await row(bob, id)).toMatchObject({ lastSeq: 3, lastReadSeq: 3, unreadCount: 0 });
    expect(await row(alice, id)).toMatchObject({ lastSeq: 3, lastReadSeq: 2, unreadCount: 1 });
    const [first] = (await inbox(alice, { limit: 1 })).items;
    const { members: _, ...shown } = { ...(await row(alice, id)), members: undefined };
    expect(first).toEqual(shown);
  });

  test('a preview is cut to 120 characters, none of them in two', async () => {
    const id = await alice.dm(bob);
    await say(aliceSocket, id, '🦊'.repeat(121));
    expect((await row(bob, id)).lastMessagePreview?.text).toBe('🦊'.repeat(120));
  });

  test('a peer is shown as it is called now', async () => {
    const id = await alice.dm(bob);
    await bob.api.patch('/users/me', { displayName: 'Robert' });
    expect((await row(alice, id)).peer).toMatchObject({ userId: bob.id, displayName: 'Robert' });
  });
});

describe("one's own settings", () => {
  const set = (id: string, body: object) =>
    alice.api.patch<Conversation>(`/conversations/${id}/settings`, body);

  test('are set, kept, told to the own devices, and nobody else’s', async () => {
    const id = await alice.group('Settings', bob);
    const mutedUntil = '2099-01-01T00:00:00.000Z';
    const answer = await set(id, { mutedUntil, pinned: true });
    expect(answer.status).toBe(200);
    expect(await row(alice, id)).toMatchObject({ mutedUntil, pinned: true });
    expect(await row(bob, id)).toMatchObject({ mutedUntil: null, pinned: false });
    const told = await aliceSocket.next('conversation', ({ conversation }) => conversation.pinned);
    expect(told.conversation).toMatchObject({ conversationId: id, mutedUntil, pinned: true });

    await set(id, { mutedUntil: null });
    expect(await row(alice, id)).toMatchObject({ mutedUntil: null, pinned: true });
    await set(id, { pinned: false });
    expect(await row(alice, id)).toMatchObject({ mutedUntil: null, pinned: false });
  });

  test.each([
    ['a time without a zone', { mutedUntil: '2099-01-01T00:00:00' }],
    ['a day that does not exist', { mutedUntil: '2099-02-31T00:00:00.000Z' }],
    ['a number as time', { mutedUntil: 4_000_000_000 }],
    ['a text as flag', { pinned: 'true' }],
    ['another field', { lastReadSeq: 7 }],
  ])('refuse %s', async (_, body) => {
    const id = await alice.dm(bob);
    expectProblem(await set(id, body), 'BAD_REQUEST');
  });
});
