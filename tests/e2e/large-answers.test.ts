import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

/** 72 messages of 16 KiB, four people's burst: more than one page may hold of what its limit allows. */
const people = 4;
const messagesEach = 18;
const count = people * messagesEach;
const length = 8000;

let parley: Parley;
let reader: Person;
let socket: ChatSocket;
let id: string;

beforeAll(async () => {
  parley = await Parley.start();
  const writers: Person[] = [];
  for (let index = 0; index < people; index += 1) writers.push(await parley.register(`writer-${index}`));
  reader = await parley.register('reader');
  id = await reader.group('Long letters', ...writers);
  socket = await reader.connect();
  const sockets = await Promise.all(writers.map((writer) => writer.connect()));
  await Promise.all(
    sockets.map(async (writer, index) => {
      for (let letter = 0; letter < messagesEach; letter += 1) {
        const messageId = await writer.say(id, `${index}:${letter} `.padEnd(length, 'ü'));
        await socket.message(messageId);
      }
    }),
  );
});
afterAll(() => parley?.close());

const seqs = Array.from({ length: count }, (_, index) => index + 1);
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

test.each([
  ['forwards', 'after', '0'],
  ['backwards', 'before', ''],
])('a page %s never exceeds 1 MiB, and the pages together hold everything', async (_, direction, first) => {
  const found: number[] = [];
  let pages = 0;
  for (let cursor: string | null = first; cursor !== null; pages += 1) {
    const query: Record<string, string | number> = { conversationId: id, limit: 100 };
    if (cursor !== '') query[direction] = cursor;
    const { body } = await reader.api.get<{ items: Message[]; nextCursor: string | null }>(
      '/messages',
      query,
    );
    expect(bytes(body)).toBeLessThanOrEqual(1024 * 1024);
    expect(body.items.length).toBeGreaterThan(0);
    found.push(...body.items.map((message) => message.seq));
    cursor = body.nextCursor;
  }
  expect(found.sort((a, b) => a - b)).toEqual(seqs);
  // As few as the size allows, not one message at a time.
  expect(pages).toBe(2);
});

test('a sync reply is at most 100 KiB, and every one makes progress', async () => {
  const found: Message[] = [];
  for (let hasMore = true; hasMore; ) {
    const wanted = [{ conversationId: id, afterSeq: found.at(-1)?.seq ?? count - 20 }];
    const reply = await socket.request({ action: 'sync', conversations: wanted, limit: 100 }, 'sync');
    expect(bytes(reply)).toBeLessThanOrEqual(100 * 1024);
    const [one] = reply.conversations;
    if (one === undefined || 'code' in one) throw new Error('The conversation was lost');
    expect(one.messages.length).toBeGreaterThan(0);
    found.push(...one.messages);
    hasMore = one.hasMore;
  }
  expect(found.map((message) => message.seq)).toEqual(seqs.slice(-20));
  expect(found.every((message) => message.content.length === length)).toBe(true);
});

test('what does not fit is taken up by the next sync, whichever conversation it is of', async () => {
  const other = await reader.group('Short notes');
  await socket.message(await socket.say(other, 'short'));
  const lacking = new Map([
    [id, count - 10],
    [other, 0],
  ]);
  const order: string[] = [];
  for (let replies = 0; lacking.size > 0; replies += 1) {
    expect(replies).toBeLessThan(5);
    const wanted = [...lacking].map(([conversationId, afterSeq]) => ({ conversationId, afterSeq }));
    const reply = await socket.request({ action: 'sync', conversations: wanted }, 'sync');
    for (const one of reply.conversations) {
      if ('code' in one) throw new Error('A conversation was lost');
      order.push(...one.messages.map((message) => `${message.conversationId} ${message.seq}`));
      const last = one.messages.at(-1)?.seq;
      if (!one.hasMore) lacking.delete(one.conversationId);
      else if (last !== undefined) lacking.set(one.conversationId, last);
    }
  }
  const expected = [...seqs.slice(-10).map((seq) => `${id} ${seq}`), `${other} 1`];
  expect(order.sort()).toEqual(expected.sort());
});

test('no event exceeds what API Gateway can push', () => {
  for (const frame of socket.received) expect(bytes(frame)).toBeLessThanOrEqual(128 * 1024);
});
