import { afterAll, beforeAll, expect, test } from 'vitest';
import { stageSettings } from '../../infra/stages.ts';
import { Parley } from '../support/parley.ts';
import { expectProblem } from '../support/problem.ts';

/** What anyone may send: what is refused before it is read costs next to nothing. */
const window = { count: 4, seconds: 15 * 60 };
const RATE_LIMIT_SETTINGS = JSON.stringify({
  ...stageSettings('local').rateLimits,
  logins: window,
  registrations: window,
});

const malformed = ['not JSON', '{}', `{"username":"x.y.z","password":"a${'\\u0301'.repeat(10_000)}"}`, '['];
const good = JSON.stringify({ username: 'alice', password: 'correct horse' });

let parley: Parley;
beforeAll(async () => {
  parley = await Parley.start({ environment: { RATE_LIMIT_SETTINGS } });
});
afterAll(() => parley?.close());

test.each(['/login', '/users'])('POST %s counts for its address before its body is read', async (path) => {
  const send = (body: string) => parley.api().raw('POST', path, body);
  for (const body of malformed) expectProblem(await send(body), 'BAD_REQUEST');
  for (const body of [good, 'not JSON', 'x'.repeat(200_000)]) {
    const refused = await send(body);
    expectProblem(refused, 'RATE_LIMITED');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  }
});

test('where registration is closed, it is refused unread', async () => {
  const closed = await Parley.start({ environment: { REGISTRATION: 'closed' } });
  try {
    for (const body of [good, ...malformed]) {
      expectProblem(await closed.api().raw('POST', '/users', body), 'FORBIDDEN');
    }
    const users = closed.invocations.filter(({ functionName }) => functionName.includes('users'));
    expect(users.map(({ awsCalls }) => awsCalls)).toEqual(users.map(() => ({})));
  } finally {
    await closed.close();
  }
});

test.each(['/health', '/no/such/path'])(
  'a flood of GET %s is throttled, and leaves all else alone',
  async (path) => {
    const flood = await Promise.all(Array.from({ length: 300 }, () => parley.api().get(path)));
    const throttled = flood.filter(({ status }) => status === 429);
    expect(throttled.length).toBeGreaterThan(0);
    // By the gateway, before any function runs.
    for (const { body } of throttled) expect(body).toEqual({ message: 'Too Many Requests' });

    expectProblem(await parley.api().get('/users/me'), 'UNAUTHENTICATED');
  },
);
