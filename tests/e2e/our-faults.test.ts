import { afterAll, beforeAll, expect, test } from 'vitest';
import { newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem, expectTellsNothing } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let id: string;

beforeAll(async () => {
  parley = await Parley.start({
    preload: ['cheap-passwords', 'unreachable-stream'],
    environment: { MESSAGES_TABLE: 'a-table-nobody-made' },
  });
  alice = await parley.register('alice');
  id = await alice.group('Out of order');
});
afterAll(() => parley?.close());

const message = () => ({ conversationId: id, messageId: newMessageId(), content: 'Nobody will read this' });

test('a dependency that is down is UNAVAILABLE over HTTP, which says when to try again', async () => {
  const answer = await alice.api.post('/messages', message());
  expectProblem(answer, 'UNAVAILABLE');
  expect(answer.headers.get('retry-after')).toMatch(/^[123]$/);
});

test('a dependency that is down is UNAVAILABLE over the socket, which says when to try again and stays usable', async () => {
  const socket = await alice.connect();
  const sent = message();
  const error = await socket.request({ action: 'sendMessage', ...sent }, 'error');
  expect(error).toEqual({
    type: 'error',
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/./),
    action: 'sendMessage',
    requestId: error.requestId,
    messageId: sent.messageId,
    retryAfterMs: expect.any(Number),
  });
  expect(error.retryAfterMs).toBeGreaterThanOrEqual(1_000);
  expect(error.retryAfterMs).toBeLessThanOrEqual(3_000);
  expectTellsNothing(error);
  await socket.heartbeat();
});

test('a fault of ours is INTERNAL and tells nothing; the log has it under the request id', async () => {
  const answer = await alice.api.get('/messages', { conversationId: id });
  expectProblem(answer, 'INTERNAL');
  const logged = parley.logLines.filter((line) => line.includes(answer.body.requestId));
  expect(logged.some((line) => line.includes('"level":"ERROR"'))).toBe(true);
});

test('no log line tells a message or a token, even then', () => {
  expect(parley.leaks()).toEqual([]);
});
