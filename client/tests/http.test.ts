import { expect, test } from 'vitest';
import { ParleyClient } from '../src/client.ts';
import { callOnce, type Fetch, httpBase } from '../src/http.ts';
import { login, register } from '../src/sign-in.ts';
import { FakeClock } from './support/fake-clock.ts';

type Answer = { status: number; text?: string; headers?: Record<string, string> };

function answering({ status, text = '', headers = {} }: Answer): Fetch {
  return async () => ({
    status,
    headers: { get: (name) => headers[name] ?? null },
    text: async () => text,
  });
}

function call(fetch: Fetch, clock = new FakeClock()): Promise<unknown> {
  return callOnce({ base: 'https://chat.example/v1', fetch, clock }, { method: 'GET', path: '/users/me' });
}

test.each([
  'https://chat.example',
  'https://chat.example/',
  'https://chat.example/v1',
  'https://chat.example/v1/',
])('the API of %s', (url) => {
  expect(httpBase(url)).toBe('https://chat.example/v1');
});

test('sends token, body and parameters as they belong', async () => {
  const calls: unknown[] = [];
  const fetch: Fetch = async (url, { method, headers, body }) => {
    calls.push({ url, method, headers, body });
    return { status: 204, headers: { get: () => null }, text: async () => '' };
  };
  const server = { base: 'https://chat.example/v1', fetch, clock: new FakeClock() };
  const query = { conversationId: 'a', after: 0, before: undefined, username: 'ä&b' };
  await callOnce(server, { method: 'GET', path: '/messages', query }, 'the-token');
  await callOnce(server, { method: 'POST', path: '/logout', body: {} });
  expect(calls).toEqual([
    {
      url: 'https://chat.example/v1/messages?conversationId=a&after=0&username=%C3%A4%26b',
      method: 'GET',
      headers: { authorization: 'Bearer the-token' },
      body: undefined,
    },
    {
      url: 'https://chat.example/v1/logout',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    },
  ]);
});

const problem = (code: string) => JSON.stringify({ code, detail: 'why', requestId: 'r-1', status: 0 });

test.each([
  [
    'an error of Parley',
    { status: 404, text: problem('NOT_FOUND') },
    { code: 'NOT_FOUND', message: 'why', requestId: 'r-1' },
  ],
  [
    'one that says when to try again',
    { status: 429, text: problem('RATE_LIMITED'), headers: { 'retry-after': '7' } },
    { code: 'RATE_LIMITED', retryAfterMs: 7_000 },
  ],
  [
    'API Gateway over its limit',
    { status: 429, text: '{"message":"Too Many Requests"}' },
    { code: 'UNAVAILABLE', message: '429 Too Many Requests' },
  ],
  [
    'a function that failed',
    { status: 500, text: '{"message":"Internal Server Error"}' },
    { code: 'UNAVAILABLE' },
  ],
  ['a fault of Parley itself', { status: 500, text: problem('INTERNAL') }, { code: 'INTERNAL' }],
  ['a proxy', { status: 502, text: '<html>Bad gateway</html>' }, { code: 'UNAVAILABLE', message: '502' }],
  ['a firewall', { status: 403, text: '<html>No</html>' }, { code: 'FORBIDDEN' }],
  [
    'a code that is not known',
    { status: 400, text: problem('TEAPOT') },
    { code: 'BAD_REQUEST', message: 'why' },
  ],
  [
    'a sign-in page in between',
    { status: 200, text: '<html>Welcome to our Wi-Fi</html>' },
    { code: 'UNAVAILABLE' },
  ],
  ['JSON that is no object', { status: 503, text: 'null' }, { code: 'UNAVAILABLE' }],
])('%s', async (_what, answer, error) => {
  await expect(call(answering(answer))).rejects.toMatchObject({ name: 'ParleyError', ...error });
});

test('a network that fails is UNAVAILABLE, with its cause', async () => {
  const cause = new TypeError('fetch failed');
  await expect(call(() => Promise.reject(cause))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'fetch failed',
    cause,
  });
});

test('an answer that does not come is given up', async () => {
  const clock = new FakeClock();
  const never: Fetch = (_url, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const failure = call(never, clock).catch((error: unknown) => error);
  await clock.advance(30_000);
  expect(await failure).toMatchObject({ code: 'UNAVAILABLE' });
  expect(clock.pending).toBe(0);
});

test.each([
  { retryAfter: '2', calls: 2 },
  { retryAfter: '900', calls: 1 },
])(
  'a call waits $retryAfter s if that is bearable, else leaves it to the caller',
  async ({ retryAfter, calls }) => {
    const { clock, server, client } = apart();
    let count = 0;
    server.fetch = async (url, init) => {
      count += 1;
      const refused = { status: 429, text: problem('RATE_LIMITED'), headers: { 'retry-after': retryAfter } };
      return answering(count === 1 ? refused : { status: 200, text: '{"userId":"alice"}' })(url, init);
    };
    const me = client.me().catch((error: unknown) => error);
    await clock.advance(3_000);
    expect(await me).toMatchObject(calls === 2 ? { userId: 'alice' } : { retryAfterMs: 900_000 });
    expect(count).toBe(calls);
  },
);

function apart() {
  const clock = new FakeClock();
  const server: { fetch: Fetch } = { fetch: answering({ status: 500 }) };
  const client = new ParleyClient({
    url: 'https://chat.example',
    token: 'the-token',
    clock,
    fetch: (url, init) => server.fetch(url, init),
  });
  return { clock, server, client };
}

test('signing in and up', async () => {
  const bodies: unknown[] = [];
  const session = { token: 't', expiresAt: '2026-11-24T10:00:00.000Z', user: { userId: 'u' } };
  const fetch: Fetch = async (url, { body }) => {
    bodies.push([url, JSON.parse(body ?? '')]);
    return { status: 200, headers: { get: () => null }, text: async () => JSON.stringify(session) };
  };
  const clock = new FakeClock();
  const url = 'https://chat.example';
  expect(await login({ url, fetch, clock, username: 'ann', password: 'secret' })).toEqual(session);
  await login({ url, fetch, clock, username: 'ann', password: 'secret', deviceName: 'Phone' });
  await register({ url, fetch, clock, username: 'ann', password: 'secret', displayName: 'Ann' });
  await register({ url, fetch, clock, username: 'ann', password: 'secret' });
  expect(bodies).toEqual([
    [`${url}/v1/login`, { username: 'ann', password: 'secret' }],
    [`${url}/v1/login`, { username: 'ann', password: 'secret', deviceName: 'Phone' }],
    [`${url}/v1/users`, { username: 'ann', password: 'secret', displayName: 'Ann' }],
    [`${url}/v1/users`, { username: 'ann', password: 'secret' }],
  ]);
});
