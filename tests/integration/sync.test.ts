import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newHead, newRow } from '../../lambdas/services/new-conversation.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
let reader: string;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
  [reader = ''] = await world.users(1);
});
afterAll(() => world.close());

let made = 0;

/** A conversation that already holds messages of these lengths. */
async function conversationOf(lengths: number[]): Promise<string> {
  made += 1;
  const conversationId = `cnv_sync_${made}`;
  const head = newHead(conversationId, 'GROUP', 'Sync', reader, { memberCount: 1, adminCount: 1 });
  await parley.stores.memberships.create(head, [newRow(head, reader, 'admin')]);
  for (const [index, length] of lengths.entries()) {
    const message: Message = {
      conversationId,
      seq: index + 1,
      messageId: `m_${made}_${index}`,
      senderId: reader,
      type: 'text',
      content: '"'.repeat(length), // Twice as long in JSON.
      createdAt: new Date().toISOString(),
    };
    const position = {
      conversationId,
      lastSeq: index,
      membersVersion: 1,
      lastActivityAt: head.lastActivityAt,
    };
    await parley.stores.log.append(position, [{ message, acceptId: 'a', fingerprint: 'f' }]);
  }
  return conversationId;
}

const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 8_000 })), {
  maxLength: 12,
});

test('whatever is stored, repeated syncs bring all of it, in order, each in one frame', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(lengths, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (conversations, limit) => {
        const ids: string[] = [];
        for (const one of conversations) ids.push(await conversationOf(one));
        const got = new Map(ids.map((conversationId) => [conversationId, [] as number[]]));
        for (let lacking = true; lacking; ) {
          const wanted = ids.map((conversationId) => ({
            conversationId,
            afterSeq: got.get(conversationId)?.at(-1) ?? 0,
          }));
          const answers = await parley.sync.sync(reader, { conversations: wanted, limit });
          const frame = JSON.stringify({ type: 'sync', requestId: 'x'.repeat(64), conversations: answers });
          expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(limits.eventBytes);
          lacking = false;
          let progress = false;
          for (const answer of answers) {
            if ('code' in answer) throw new Error('The reader is a member');
            got.get(answer.conversationId)?.push(...answer.messages.map((message) => message.seq));
            expect(answer.messages.length).toBeLessThanOrEqual(limit);
            lacking ||= answer.hasMore;
            progress ||= answer.messages.length > 0;
          }
          expect(progress || !lacking).toBe(true);
        }
        for (const [index, conversationId] of ids.entries()) {
          const stored = conversations[index]?.map((_, at) => at + 1);
          expect(got.get(conversationId)).toEqual(stored);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('a conversation one is no member of is not found, beside those one is', async () => {
  const [stranger = ''] = await world.users(1);
  const conversationId = await conversationOf([5]);
  expect(await parley.sync.sync(stranger, { conversations: [{ conversationId, afterSeq: 0 }] })).toEqual([
    { conversationId, code: 'NOT_FOUND' },
  ]);
});

test('one who knows more than is stored gets nothing', async () => {
  const conversationId = await conversationOf([5, 5]);
  const [answer] = await parley.sync.sync(reader, { conversations: [{ conversationId, afterSeq: 9 }] });
  expect(answer).toMatchObject({ lastSeq: 2, messages: [], hasMore: false });
});
