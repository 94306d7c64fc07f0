import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import { newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

type Page = { items: Message[]; nextCursor: string | null };

let parley: Parley;
let alice: Person;
let bob: Person;
let id: string;
const count = 14;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  id = await alice.dm(bob);
  const socket = await bob.connect();
  for (let seq = 1; seq <= count; seq += 1) {
    const messageId = newMessageId();
    const body = { conversationId: id, messageId, content: `Number ${seq}` };
    expect((await alice.api.post('/messages', body)).status).toBe(202);
    await socket.message(messageId);
  }
});
afterAll(() => parley?.close());

const page = async (query: Record<string, string | number>) => {
  const answer = await bob.api.get<Page>('/messages', { conversationId: id, ...query });
  expect(answer.status).toBe(200);
  return answer.body;
};
const seqs = ({ items }: Page) => items.map((message) => message.seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('reading', () => {
  test('each message is as it was sent, with a dense seq', async () => {
    const { items, nextCursor } = await page({ after: 0 });
    expect(nextCursor).toBeNull();
    expect(items).toEqual(
      upTo(count).map((seq) => ({
        conversationId: id,
        seq,
        messageId: expect.any(String),
        senderId: alice.id,
        type: 'text',
        content: `Number ${seq}`,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      })),
    );
    const times = items.map((message) => message.createdAt);
    expect(times.toSorted()).toEqual(times);
  });

  test.each([1, 4, 7, 14, 100])('forwards in pages of %i', async (limit) => {
    const found: number[] = [];
    for (let after: string | null = '0'; after !== null; ) {
      const one: Page = await page({ after, limit });
      expect(one.items.length).toBeLessThanOrEqual(limit);
      found.push(...seqs(one));
      after = one.nextCursor;
    }
    expect(found).toEqual(upTo(count));
  });

  test.each([1, 4, 7, 14, 100])('backwards in pages of %i, each of them ascending', async (limit) => {
    let found: number[] = [];
    for (let before: string | null = ''; before !== null; ) {
      const one: Page = await page({ limit, ...(before !== '' && { before }) });
      expect(one.items.length).toBeLessThanOrEqual(limit);
      found = [...seqs(one), ...found];
      before = one.nextCursor;
    }
    expect(found).toEqual(upTo(count));
  });

  test('without a direction, the newest', async () => {
    expect(seqs(await page({}))).toEqual(upTo(count));
    expect(seqs(await page({ limit: 3 }))).toEqual([12, 13, 14]);
    expect(seqs(await page({ limit: 3, before: 12 }))).toEqual([9, 10, 11]);
    expect(seqs(await page({ limit: 3, after: 3 }))).toEqual([4, 5, 6]);
  });

  test('at the ends there is nothing', async () => {
    for (const query of [{ after: count }, { after: 1_000_000 }, { before: 1 }]) {
      expect(await page(query)).toEqual({ items: [], nextCursor: null });
    }
    expect(seqs(await page({ before: 1_000_000 }))).toEqual(upTo(count));
    const empty = await alice.group('Empty', bob);
    expect(await page({ conversationId: empty })).toEqual({ items: [], nextCursor: null });
  });

  test.each([
    '',
    'conversationId=',
    'conversationId=a%20b',
    'conversationId=ID&conversationId=ID',
    'conversationId=ID&limit=0',
    'conversationId=ID&limit=101',
    'conversationId=ID&limit=1.5',
    'conversationId=ID&limit=%2B1',
    'conversationId=ID&limit=1e1',
    'conversationId=ID&limit=5&limit=5',
    'conversationId=ID&after=-1',
    'conversationId=ID&after=x',
    'conversationId=ID&after=',
    'conversationId=ID&after=99999999999999999999',
    'conversationId=ID&before=x',
    'conversationId=ID&after=1&before=5',
    'conversationId=ID&after=1&after=2',
    'conversationId=ID&seq=1',
    'conversationId=ID&__proto__=1',
  ])('?%s is refused', async (query) => {
    const answer = await bob.api.get('/messages', new URLSearchParams(query.replaceAll('ID', id)));
    expectProblem(answer, 'BAD_REQUEST');
  });
});

describe('POST /messages', () => {
  test('accepts a message, which then reaches everyone', async () => {
    const devices = await Promise.all([alice.connect(), bob.connect()]);
    const group = await alice.group('Bots', bob);
    const messageId = newMessageId();
    const body = { conversationId: group, messageId, content: 'Build 7 is green', type: 'text' };
    const answer = await alice.api.post('/messages', body);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({
      messageId,
      conversationId: group,
      acceptedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    for (const socket of devices) {
      expect(await socket.message(messageId)).toMatchObject({ seq: 1, ...body, senderId: alice.id });
    }

    // The same again: still one message.
    expect((await alice.api.post('/messages', body)).status).toBe(202);
    const reply = { ...body, messageId: newMessageId(), replyTo: 1 };
    expect((await bob.api.post('/messages', reply)).status).toBe(202);
    expect(await devices[0].message(reply.messageId)).toMatchObject({ seq: 2, replyTo: 1, senderId: bob.id });
    expect(seqs(await page({ conversationId: group }))).toEqual([1, 2]);
  });

  test.each([
    ['no content', { content: undefined }],
    ['empty content', { content: '' }],
    ['content that is a number', { content: 7 }],
    ['no messageId', { messageId: undefined }],
    ['a messageId that cannot be one', { messageId: 'a b' }],
    ['a long messageId', { messageId: 'm'.repeat(65) }],
    ['no conversationId', { conversationId: undefined }],
    ['a system message', { type: 'system' }],
    ['a replyTo of 0', { replyTo: 0 }],
    ['an unknown field', { senderId: 'usr_someone' }],
    ['a time of its own', { createdAt: '2020-01-01T00:00:00.000Z' }],
  ])('with %s is refused', async (_, changes) => {
    const body = { conversationId: id, messageId: newMessageId(), content: 'Refused text', ...changes };
    expectProblem(await alice.api.post('/messages', body), 'BAD_REQUEST');
    expect((await page({ limit: 1 })).items[0]?.seq).toBe(count);
  });
});

test('no log line tells a message', () => {
  expect(parley.leaks()).toEqual([]);
});
