/** What `/_local/api/` tells, of a Parley that was used. The page over it is tested in tests/browser. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type {
  InvocationPage,
  InvocationView,
  Overview,
  TablePage,
  TableView,
} from '../../local/console/console-api.ts';
import { deadlineMs } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

let parley: Parley;
let alice: Person;
let conversationId: string;
let messageId: string;

beforeAll(async () => {
  parley = await Parley.start();
  const bob = await parley.register('bob');
  alice = await parley.register('alice');
  const [alices, bobs] = await Promise.all([alice.connect(), bob.connect()]);
  conversationId = await alice.dm(bob);
  messageId = await alices.say(conversationId, 'hello');
  await bobs.message(messageId);
  alices.send({ action: 'sendMessage', conversationId: 'cnv_of_others', messageId: 'm', content: 'x' });
  await alices.next('error');
});
afterAll(() => parley?.close());

type Answer = { status: number; headers: Record<string, unknown>; body: string };

/** `fetch` sets `Host` by itself. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET', host = '127.0.0.1') {
  const { port } = new URL(parley.runtime.url);
  const request = httpRequest({ host, port, path, method, headers });
  request.end();
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  const answer: Answer = { status: response.statusCode, headers: response.headers, body };
  return answer;
}

/** The shapes are the page's own types; what differs fails an expectation. */
async function get<Body>(path: string): Promise<Body> {
  const { status, body } = await ask(`/_local/api/${path}`);
  expect(status, body).toBe(200);
  return JSON.parse(body) as Body; // As above.
}

describe('the overview', () => {
  test('counts in the words of the metrics on AWS, and times each function', async () => {
    const overview = await vi.waitFor(
      async () => {
        const now = await get<Overview>('overview');
        expect(now.metrics.find(({ name }) => name === 'PushLatency')?.total).toBe(2);
        return now;
      },
      { timeout: deadlineMs },
    );
    expect(overview.metrics).toContainEqual(
      expect.objectContaining({ name: 'MessagesStored', unit: 'Count', total: 1, lastMinute: 1 }),
    );
    expect(overview.metrics.find(({ name }) => name === 'PushLatency')).toMatchObject({
      unit: 'Milliseconds',
      p50: expect.any(Number),
      p99: expect.any(Number),
    });
    expect(overview.functions.find(({ name }) => name === 'websocket-send')).toMatchObject({
      invocations: 2,
      coldStarts: expect.any(Number),
      errors: 0,
      p99: expect.any(Number),
    });
    expect(overview).toMatchObject({ connections: 2, connectionsOpened: 2 });
  });

  test('shows each queue of the template, and each shard with how far it is behind', async () => {
    const { queues, shards } = await get<Overview>('overview');
    expect(queues).toContainEqual({ name: 'DeadLetters', waiting: 0, inFlight: 0 });
    expect(shards.length).toBeGreaterThan(0);
    for (const shard of shards) expect(shard).toMatchObject({ state: 'reading', waiting: 0 });
  });

  test('shows what failed last', async () => {
    await vi.waitFor(
      async () => {
        const strange = await parley.connect({ protocols: ['parley.v1', 'bearer.x'] }).catch(() => 'refused');
        expect(strange).toBe('refused');
        const { errors } = await get<Overview>('overview');
        expect(errors[0]).toMatchObject({ source: 'API Gateway', at: expect.any(String) });
      },
      { timeout: deadlineMs },
    );
  });
});

describe('invocations', () => {
  const found = async (query: string): Promise<InvocationView[]> =>
    (await get<InvocationPage>(`invocations?${query}`)).items;

  test('are found by message: who accepted it, and who stored and pushed it, with their logs', async () => {
    const items = await vi.waitFor(
      async () => {
        const both = await found(`messageId=${messageId}`);
        expect(both).toHaveLength(2);
        return both;
      },
      { timeout: deadlineMs },
    );
    const [deliver, send] = [
      items.find((one) => one.function === 'stream-deliver'),
      items.find((one) => one.function === 'websocket-send'),
    ];
    expect(send?.awsCalls).toMatchObject({ 'kinesis:PutRecord': 1 });
    const line = send?.log.map((one) => JSON.parse(one.line)).find((one) => one.message === 'invocation');
    expect(line).toMatchObject({
      messageId,
      conversationId,
      invocationId: send?.invocationId,
      outcome: 'ok',
    });
    expect(deliver?.log.some((one) => one.line.includes('"pushed"'))).toBe(true);
    expect(deliver?.durationMilliseconds).toBeGreaterThan(0);

    expect(await found(`requestId=${encodeURIComponent(line.requestId)}`)).toHaveLength(1);
    expect(await found(`requestId=${send?.invocationId}`)).toHaveLength(1);
    expect(await found(`messageId=${messageId}&function=websocket-send`)).toHaveLength(1);
    expect(await found(`conversationId=${conversationId}&function=http-messages`)).toEqual([]);
  });

  test('hold nothing that anybody wrote', async () => {
    expect(JSON.stringify(await found('limit=200'))).not.toContain('hello');
  });

  test('come page by page', async () => {
    const all = (await found('limit=200')).map((one) => one.invocationId);
    const pages: string[] = [];
    for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
      const page: InvocationPage = await get(`invocations?limit=3&before=${before}`);
      pages.push(...page.items.map((one) => one.invocationId));
      before = page.nextBefore;
    }
    expect(pages).toEqual(all);
  });
});

describe('tables', () => {
  test('are those of the template', async () => {
    const { items } = await get<{ items: TableView[] }>('tables');
    expect(items.map(({ name }) => name).sort()).toEqual(Object.keys(parley.runtime.tableNames).sort());
  });

  test('are shown page by page', async () => {
    const seen: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: TablePage = await get(`tables/Users?limit=1${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(1);
      seen.push(...page.items.map((item) => item['username']));
      cursor = page.nextCursor;
    }
    expect(seen.sort()).toEqual(['alice', 'bob']);
  });

  test('are asked for one partition', async () => {
    const { items } = await get<TablePage>(`tables/MessagesByConversation?key=${conversationId}`);
    expect(items).toMatchObject([{ messageId, seq: 1, content: 'hello' }]);
    expect((await get<TablePage>('tables/Users?key=nobody')).items).toEqual([]);
  });

  test('keep their secrets', async () => {
    const { items } = await get<TablePage>('tables/Credentials');
    expect(items).toHaveLength(2);
    for (const item of items) expect(item['passwordHash']).toBe('(not shown)');
    const [record] = (await get<TablePage>('tables/Idempotency')).items;
    expect(record).toMatchObject({ messageId, fingerprint: '(not shown)' });
  });
});

describe('whoever else asks', () => {
  const paths = ['/_local/', '/_local/api/overview', '/_local/api/tables/Messages', '/_local'];

  test.each(paths)('gets nothing of %s by another name', async (path) => {
    const { status, body } = await ask(path, { host: `evil.example:${new URL(parley.runtime.url).port}` });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({ message: expect.any(String) });
  });

  test('gets nothing through a proxy on this machine', async () => {
    expect((await ask('/_local/api/overview', { 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
  });

  test('gets nothing as a page of another origin, be it of this machine', async () => {
    for (const headers of [{ 'sec-fetch-site': 'same-site' }, { origin: 'http://localhost:1' }]) {
      const { status, headers: answered } = await ask('/_local/api/overview', headers);
      expect(status).toBe(403);
      expect(answered).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('can change nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask('/_local/api/overview', {}, method)).status).toBe(405);
    }
  });

  test.each([
    ['invocations?limit=0', 400],
    ['invocations?limit=201', 400],
    ['invocations?before=x', 400],
    ['invocations?messageID=m', 400],
    ['invocations?messageId=a&messageId=b', 400],
    ['tables/Users?cursor=x', 400],
    ['tables/Nothing', 404],
    ['tables/../overview/x', 404],
    ['secrets', 404],
  ])('is told what is wrong with %s', async (path, status) => {
    const answer = await ask(`/_local/api/${path}`);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ message: expect.any(String) });
  });

  test('breaks nothing with a path that is none', async () => {
    for (const path of ['//', '/_local/%zz', '/_local/api/tables/%00', '//_local/']) {
      expect((await ask(path)).status).toBeGreaterThanOrEqual(403);
    }
    expect((await ask('/v1/health')).status).toBe(200);
  });
});

/** Not every machine has an address but its own. */
const address = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

test.skipIf(address === undefined)(
  'a Parley that listens on every address shows none of it to the network',
  async () => {
    const open = await Parley.start({ host: '0.0.0.0' });
    const { port } = new URL(open.runtime.url);
    const answer = (path: string, host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = httpRequest({ host: address, port, path, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject);
        request.end();
      });
    expect(await answer('/v1/health', `${address}:${port}`)).toBe(200);
    for (const path of ['/_local/', '/_local/api/overview']) {
      expect(await answer(path, `${address}:${port}`)).toBe(403);
      expect(await answer(path, `localhost:${port}`)).toBe(403);
    }
    await open.close();
  },
);
