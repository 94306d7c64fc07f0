import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import type { Conversation } from '../../shared/protocol/entities.ts';
import { writeGroup } from '../support/group-rows.ts';
import { type Container, World } from '../support/world.ts';

const count = { small: 7, large: 6 };
const total = count.small + count.large;

let world: World;
let parley: Container;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());

/** Messages that come to deliver in one batch, by the number of their conversation: many at the same millisecond. */
const batch = fc.uniqueArray(fc.nat({ max: total - 1 }), { minLength: 1, maxLength: 4 });
const activity = fc.record({
  /** Before anything is read. */
  first: fc.array(batch, { maxLength: 6 }),
  limit: fc.integer({ min: 1, max: 5 }),
  /** What happens after each page. */
  between: fc.array(fc.option(batch, { nil: [] }), { minLength: total, maxLength: total }),
});

function record(conversationId: string, senderId: string): StreamRecord {
  const message = { version: 1, acceptId: randomUUID(), acceptedAt: new Date().toISOString(), type: 'text' };
  const whole = { ...message, conversationId, senderId, messageId: randomUUID(), content: 'hello' };
  return {
    sequenceNumber: whole.messageId,
    eventId: whole.messageId,
    partitionKey: conversationId,
    data: Buffer.from(JSON.stringify(whole)).toString('base64'),
  };
}

async function pages(userId: string, limit: number, afterEach: (page: number) => Promise<void>) {
  const read: Conversation[][] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await parley.inbox.page(userId, { limit, cursor });
    expect(items.length).toBeLessThanOrEqual(limit);
    if (nextCursor !== null) {
      expect(Buffer.from(nextCursor, 'base64url').toString()).not.toContain(userId);
    }
    read.push(items);
    await afterEach(read.length - 1);
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
  return read;
}

function newestFirst(items: Conversation[]): void {
  const times = items.map((item) => item.lastActivityAt);
  expect(times).toEqual([...times].sort().reverse());
}

test('whatever is said while the inbox is read, what did not move is in one page, and the rest is at the top', async () => {
  const [other = ''] = await world.users(1);
  await fc.assert(
    fc.asyncProperty(activity, async ({ first, limit, between }) => {
      const [reader = ''] = await world.users(1);
      const ids: string[] = [];
      for (let index = 0; index < total; index += 1) {
        const facts = index < count.small ? {} : ({ subscriptions: 'complete', isLarge: true } as const);
        ids.push(await writeGroup(parley, other, [reader], facts));
      }
      const said = new Map<string, number>();
      const say = async (numbers: number[]) => {
        const named = numbers.map((number) => ids[number] ?? '');
        for (const id of named) said.set(id, (said.get(id) ?? 0) + 1);
        expect(await parley.deliver.deliver(named.map((id) => record(id, other)))).toEqual([]);
      };
      for (const numbers of first) await say(numbers);

      const moved = new Set<string>();
      const read = await pages(reader, limit, async (page) => {
        const numbers = between[page] ?? [];
        for (const number of numbers) moved.add(ids[number] ?? '');
        if (numbers.length > 0) await say(numbers);
      });
      for (const page of read) newestFirst(page);
      const still = read.flat().filter((item) => !moved.has(item.conversationId));
      expect(still.map((item) => item.conversationId).sort()).toEqual(
        ids.filter((id) => !moved.has(id)).sort(),
      );
      newestFirst(still);

      const again = (await pages(reader, limit, async () => undefined)).flat();
      newestFirst(again);
      expect(again.map((item) => item.conversationId).sort()).toEqual([...ids].sort());
      const top = again.slice(0, moved.size).map((item) => item.conversationId);
      expect(new Set(top)).toEqual(moved);
      for (const { conversationId, lastSeq, unreadCount } of again) {
        const messages = said.get(conversationId) ?? 0;
        expect([lastSeq, unreadCount]).toEqual([messages, messages]);
      }
      expect(await parley.inbox.latestActivityAt(reader)).toBe(again[0]?.lastActivityAt);
    }),
    { numRuns: 20, endOnFailure: true },
  );
}, 120_000);

test('a cursor that is none is refused', async () => {
  const [reader = ''] = await world.users(1);
  for (const cursor of ['', 'x', Buffer.from('2026-11-24T10:00:00.000Z').toString('base64url')]) {
    await expect(parley.inbox.page(reader, { cursor })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  }
});
