import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Conversation } from '../../shared/protocol/entities.ts';
import type { SyncedConversation } from '../../shared/protocol/events.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

type Wanted = { conversationId: string; afterSeq: number; afterRevision?: number };

let parley: Parley;
let alice: Person;
let bob: Person;
let writer: ChatSocket;
let reader: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  writer = await alice.connect();
});
// A user has 20 requests at once: so each test looks through a person of its own.
let readers = 0;
let person: Person;
beforeEach(async () => {
  readers += 1;
  person = await parley.register(`reader-${readers}`);
  reader = await person.connect();
});
afterAll(() => parley?.close());

const sync = (conversations: Wanted[], limit?: number) =>
  reader.request({ action: 'sync', conversations, ...(limit !== undefined && { limit }) }, 'sync');
const refused = (frame: object) => reader.request({ action: 'sync', ...frame }, 'error');

async function synced(wanted: Wanted, limit?: number): Promise<SyncedConversation> {
  const [found] = (await sync([wanted], limit)).conversations;
  if (found === undefined || 'code' in found) throw new Error(`Not synced: ${JSON.stringify(found)}`);
  return found;
}

/** A group of Alice, who wrote that much in it, and the reader. */
async function groupWith(contents: string[]): Promise<string> {
  const id = await alice.group(`Group ${contents.length}`, person);
  let last = '';
  for (const content of contents) last = await writer.say(id, content);
  if (last !== '') await reader.message(last);
  return id;
}

describe('what a device lacks', () => {
  test('comes by seq, after the one it has', async () => {
    const id = await groupWith(['one', 'two', 'three']);
    expect(await synced({ conversationId: id, afterSeq: 1 })).toEqual({
      conversationId: id,
      lastSeq: 3,
      lastReadSeq: 0,
      lastRevision: 0,
      messages: reader.messages(id).slice(1),
      changed: [],
      hasMore: false,
    });
    expect(await synced({ conversationId: id, afterSeq: 3 })).toMatchObject({ messages: [], hasMore: false });
    expect(await synced({ conversationId: id, afterSeq: 99 })).toMatchObject({
      messages: [],
      hasMore: false,
    });
    expect(await synced({ conversationId: id, afterSeq: 0, afterRevision: 0 })).toMatchObject({
      messages: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
      changed: [],
    });
  });

  test('comes in steps of limit until there is no more', async () => {
    const id = await groupWith(['a', 'b', 'c', 'd', 'e']);
    const first = await synced({ conversationId: id, afterSeq: 0 }, 2);
    expect(first).toMatchObject({ messages: [{ seq: 1 }, { seq: 2 }], hasMore: true, lastSeq: 5 });
    const second = await synced({ conversationId: id, afterSeq: 2 }, 2);
    expect(second).toMatchObject({ messages: [{ seq: 3 }, { seq: 4 }], hasMore: true });
    const third = await synced({ conversationId: id, afterSeq: 4 }, 2);
    expect(third).toMatchObject({ messages: [{ seq: 5 }], hasMore: false });
  });

  test('of many conversations at once, with those one is no member of named as such', async () => {
    const own = await groupWith(['mine']);
    const foreign = await alice.dm(bob);
    const wanted = [foreign, own, 'cnv_nothing'].map((conversationId) => ({ conversationId, afterSeq: 0 }));
    const { conversations } = await sync(wanted);
    const find = (id: string) => conversations.find((one) => one.conversationId === id);
    expect(conversations).toHaveLength(3);
    expect(find(foreign)).toEqual({ conversationId: foreign, code: 'NOT_FOUND' });
    expect(find('cnv_nothing')).toEqual({ conversationId: 'cnv_nothing', code: 'NOT_FOUND' });
    expect(find(own)).toMatchObject({ lastSeq: 1, messages: [{ content: 'mine' }] });
  });
});

test('fifty conversations in one request, not more', async () => {
  const names = Array.from({ length: 49 }, (_, index) => `cnv_nothing${index}`);
  const own = await groupWith(['mine']);
  const wanted = [...names, own].map((conversationId) => ({ conversationId, afterSeq: 0 }));
  const { conversations } = await sync(wanted);
  expect(conversations).toHaveLength(50);
  expect(conversations.find((one) => one.conversationId === own)).toMatchObject({ lastSeq: 1 });
  const tooMany = [...wanted, { conversationId: 'cnv_one_more', afterSeq: 0 }];
  expect(await refused({ conversations: tooMany })).toMatchObject({ code: 'BAD_REQUEST', action: 'sync' });
});

test('a device that comes back learns of all it missed', async () => {
  const known = await groupWith(['before']);
  const seen = new Map([[known, 1]]);
  await reader.close();
  const missed = [await alice.group('Made meanwhile', person), known];
  for (const id of missed) await writer.message(await writer.say(id, 'meanwhile'));

  reader = await person.connect();
  const inbox = await person.api.get<{ items: Conversation[] }>('/conversations');
  const lacking = inbox.body.items.filter((item) => item.lastSeq > (seen.get(item.conversationId) ?? 0));
  const { conversations } = await sync(
    lacking.map(({ conversationId }) => ({ conversationId, afterSeq: seen.get(conversationId) ?? 0 })),
  );
  expect(conversations).toMatchObject([
    { conversationId: known, messages: [{ seq: 2, content: 'meanwhile' }], hasMore: false },
    { conversationId: missed[0], messages: [{ seq: 1, content: 'meanwhile' }], hasMore: false },
  ]);
});

test.each<[what: string, frame: object]>([
  ['no conversations', { conversations: [] }],
  ['no list', { conversations: {} }],
  ['a list of ids', { conversations: ['cnv_a'] }],
  ['null among them', { conversations: [null] }],
  ['no afterSeq', { conversations: [{ conversationId: 'cnv_a' }] }],
  ['a negative afterSeq', { conversations: [{ conversationId: 'cnv_a', afterSeq: -1 }] }],
  ['an afterSeq of text', { conversations: [{ conversationId: 'cnv_a', afterSeq: '0' }] }],
  ['an unknown field', { conversations: [{ conversationId: 'cnv_a', afterSeq: 0, all: true }] }],
  ['an id that cannot be one', { conversations: [{ conversationId: 'a b', afterSeq: 0 }] }],
  ['a limit of 0', { conversations: [{ conversationId: 'cnv_a', afterSeq: 0 }], limit: 0 }],
  ['a limit of 101', { conversations: [{ conversationId: 'cnv_a', afterSeq: 0 }], limit: 101 }],
  ['a limit of text', { conversations: [{ conversationId: 'cnv_a', afterSeq: 0 }], limit: '5' }],
])('%s is BAD_REQUEST', async (_, frame) => {
  expect(await refused(frame)).toMatchObject({ code: 'BAD_REQUEST', action: 'sync' });
});
