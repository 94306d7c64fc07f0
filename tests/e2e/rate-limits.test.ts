import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stageSettings } from '../../infra/stages.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { Answer } from '../support/api-client.ts';
import { type ChatSocket, newMessageId, type ServerFrame } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

/**
 * The buckets of a deployment, refilled ten times more slowly: else what a flood gets through would hang on how fast
 * this machine is.
 */
const slowness = 10;
const slowly = <Bucket extends { perSecond: number }>(bucket: Bucket): Bucket => ({
  ...bucket,
  perSecond: bucket.perSecond / slowness,
});
const { messages, actions, conversations, reads, ...others } = stageSettings('local').rateLimits;
const settings = {
  ...others,
  messages: slowly(messages),
  actions: slowly(actions),
  conversations: slowly(conversations),
  reads: slowly(reads),
  // A flood would lose its socket, which tests/e2e/unruly-clients.test.ts is about.
  refusals: { perSecond: 1_000, burst: 1_000 },
};

/** With a cache there are two buckets, for what it does not answer in time is taken from the table's: docs/adr/0008. */
const buckets = process.env['PARLEY_CACHE'] === undefined ? 1 : 2;

let parley: Parley;
let bob: Person;

beforeAll(async () => {
  parley = await Parley.start({ environment: { RATE_LIMIT_SETTINGS: JSON.stringify(settings) } });
  bob = await parley.register('bob');
});
afterAll(() => parley?.close());

/** Sends `count` frames without waiting, and answers the replies in the order of the frames. */
async function flood(sockets: ChatSocket[], count: number, frame: () => object): Promise<ServerFrame[]> {
  const requests = Array.from({ length: count }, (_, index) => {
    const socket = sockets[index % sockets.length];
    const requestId = `flood-${index}`;
    socket?.send({ ...frame(), requestId });
    return { socket, requestId };
  });
  const replies: ServerFrame[] = [];
  for (const { socket, requestId } of requests) {
    const reply = await socket?.replyTo(requestId);
    if (reply !== undefined) replies.push(reply);
  }
  return replies;
}

/** A burst, and what came back while the flood was worked off; the rest is told when to come again. */
function expectLimited(
  { accepted, waitsMs }: { accepted: number; waitsMs: number[] },
  { burst, perSecond }: { burst: number; perSecond: number },
  tookMs: number,
): void {
  expect(accepted).toBeGreaterThanOrEqual(burst);
  expect(accepted).toBeLessThanOrEqual(buckets * (burst + Math.ceil((tookMs / 1000 / slowness) * perSecond)));
  expect(waitsMs.length).toBeGreaterThan(0);
  for (const waitMs of waitsMs) {
    expect(waitMs).toBeGreaterThan(0);
    // Over HTTP it is told in whole seconds.
    expect(waitMs).toBeLessThanOrEqual(Math.max(1000, (1000 * slowness) / perSecond));
  }
}

/** What of socket replies `expectLimited` looks at. */
function outcome(replies: ServerFrame[]): { accepted: number; waitsMs: number[] } {
  const refused = replies.filter((reply) => reply.type === 'error');
  for (const error of refused) expect(error).toMatchObject({ code: 'RATE_LIMITED' });
  return {
    accepted: replies.length - refused.length,
    waitsMs: refused.map((error) => error.retryAfterMs ?? 0),
  };
}

/** The same of HTTP answers. `Retry-After` is in whole seconds, so it may say up to one more. */
function httpOutcome(answers: Answer<unknown>[], success: number): { accepted: number; waitsMs: number[] } {
  const refused = answers.filter((answer) => answer.status !== success);
  for (const answer of refused) expectProblem(answer, 'RATE_LIMITED');
  const waitsMs = refused.map((answer) => {
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    return 1000 * Number(answer.headers.get('retry-after'));
  });
  return { accepted: answers.length - refused.length, waitsMs };
}

describe('messages: 10 a second, 20 at once', () => {
  const flooded = (conversationId: string) => ({
    action: 'sendMessage',
    conversationId,
    messageId: newMessageId(),
    content: 'Flood',
  });

  test('over all sockets and HTTP of a user together; what is refused is not stored', async () => {
    const alice = await parley.register('alice');
    const id = await alice.dm(bob);
    const sockets = await Promise.all([alice.connect(), alice.connect()]);
    const post = () => {
      const { action: _, ...body } = flooded(id);
      return alice.api.post<{ messageId?: string }>('/messages', body);
    };
    const began = performance.now();
    const [replies, answers] = await Promise.all([
      flood(sockets, buckets * 30, () => flooded(id)),
      Promise.all(Array.from({ length: buckets * 20 }, post)),
    ]);
    const tookMs = performance.now() - began;

    const overSockets = outcome(replies);
    const overHttp = httpOutcome(answers, 202);
    const together = {
      accepted: overSockets.accepted + overHttp.accepted,
      waitsMs: [...overSockets.waitsMs, ...overHttp.waitsMs],
    };
    expectLimited(together, messages, tookMs);

    // Each that was acknowledged comes, and nothing else.
    const acknowledged = [
      ...replies,
      ...answers.filter(({ status }) => status === 202).map(({ body }) => body),
    ]
      .filter((reply) => !('type' in reply) || reply.type === 'ack')
      .map((reply) => ('messageId' in reply ? (reply.messageId ?? '') : ''));
    for (const messageId of acknowledged) await sockets[0].message(messageId);
    const query = { conversationId: id, after: 0, limit: 100 };
    const { body } = await bob.api.get<{ items: Message[] }>('/messages', query);
    expect(body.items.map((message) => message.messageId).sort()).toEqual(acknowledged.sort());
  });

  test('of one user do not count for another, and the one goes on when the wait is over', async () => {
    const [carol, dave] = [await parley.register('carol'), await parley.register('dave')];
    const id = await carol.group('Two of us', dave);
    const [flooding, calm] = [await carol.connect(), await dave.connect()];
    const { waitsMs } = outcome(await flood([flooding], buckets * 40, () => flooded(id)));
    expect(waitsMs.length).toBeGreaterThan(0);
    await calm.message(await calm.say(id, 'Calm'));

    // That this wait is long enough is what is tested here.
    await setTimeout(Math.max(...waitsMs));
    await flooding.message(await flooding.say(id, 'Patient'));
  });
});

test('other actions: 5 a second, 20 at once, all of them together', async () => {
  const erin = await parley.register('erin');
  const id = await erin.dm(bob);
  const socket = await erin.connect();
  const frames = [
    { action: 'heartbeat' },
    { action: 'markRead', conversationId: id, seq: 0 },
    { action: 'sync', conversations: [{ conversationId: id, afterSeq: 0 }] },
  ];
  let turn = 0;
  const began = performance.now();
  const replies = await flood([socket], buckets * 42, () => frames[turn++ % frames.length] ?? {});
  expectLimited(outcome(replies), actions, performance.now() - began);
  // Messages have a bucket of their own.
  await socket.message(await socket.say(id, 'Still free to speak'));
});

test('conversations: 30 a minute', async () => {
  const frank = await parley.register('frank');
  const create = () => frank.api.post('/conversations', { type: 'GROUP', title: 'Flood', memberIds: [] });
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: buckets * 40 }, create));
  expectLimited(httpOutcome(answers, 201), conversations, performance.now() - began);
});

test('reads and account calls: 20 a second, 100 at once, all of them together, and malformed ones too', async () => {
  const grace = await parley.register('grace');
  const id = await grace.group('Read', bob);
  const calls: [method: string, path: string, status: number, body?: string][] = [
    ['GET', '/users/me', 200],
    ['PATCH', '/users/me', 200, '{}'],
    ['POST', '/token', 200],
    ['GET', '/conversations', 200],
    ['GET', '/conversations?limit=none', 400],
    ['GET', `/conversations/${id}`, 200],
    ['GET', `/conversations/${id}/members`, 200],
    ['GET', `/messages?conversationId=${id}`, 200],
    ['POST', '/conversations', 400, '{'],
  ];
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: buckets * 140 }, async (_, index) => {
      const [method, path, status, body] = calls[index % calls.length] ?? ['GET', '/users/me', 200];
      const answer = await grace.api.raw(method, path, body);
      // As one that did what it should.
      return answer.status === status ? { ...answer, status: 200 } : answer;
    }),
  );
  expectLimited(httpOutcome(answers, 200), reads, performance.now() - began);

  // Who may not read may still write, and end the session.
  expect((await grace.api.put(`/conversations/${id}/read`, { seq: 0 })).status).toBe(200);
  expect((await grace.api.post('/logout')).status).toBe(204);
});
