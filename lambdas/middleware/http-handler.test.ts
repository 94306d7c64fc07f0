import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { logger } from '../logger.ts';
import type { Authenticate } from '../services/authenticate.ts';
import { httpHandler, noContent, ok, open, signedIn } from './http-handler.ts';

const log = vi.fn();
beforeEach(() => {
  vi.stubEnv('PARLEY_STAGE', 'test'); // Faults are counted for it.
  vi.spyOn(logger, 'info').mockImplementation(log);
  vi.spyOn(logger, 'error').mockImplementation(log);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  log.mockClear();
});

const alice = { userId: 'usr_a', username: 'alice', displayName: 'Alice', createdAt: '', authEpoch: 1 };

/** Knows one token. All that the handler asks of it. */
const authenticate = {
  caller: async (token: string | undefined) => {
    if (token === 'good') return alice;
    throw new ParleyError('UNAUTHENTICATED', 'no');
  },
} as Authenticate;

/** Who came to the routes that admit nobody. */
const admitted: string[] = [];
function nobody(who: string): never {
  admitted.push(who);
  throw new ParleyError('RATE_LIMITED', 'slow down', { retryAfterMs: 1 });
}

const handler = httpHandler(
  {
    'POST /crowded': open({ admit: async ({ address }) => nobody(address) }, async () => ok({})),
    'GET /crowded': signedIn({ admit: async ({ userId }) => nobody(userId) }, async () => ok({})),
    'DELETE /mine': signedIn({}, async () => noContent),
    'POST /echo': open({ body: v.strictObject({ text: v.string() }) }, async ({ body }) => ok(body)),
    'GET /list': open({ query: v.strictObject({ limit: v.optional(v.string()) }) }, async ({ query }) =>
      ok(query),
    ),
    'POST /mine': signedIn({}, async (caller) => ok({ userId: caller.userId })),
    'GET /broken': open({}, async () => {
      throw new Error('a secret of the inside');
    }),
    'GET /busy': open({}, async () => {
      throw new ParleyError('RATE_LIMITED', 'slow down', { retryAfterMs: 1_200 });
    }),
  },
  authenticate,
);

/** The parts of an API Gateway event that the handler reads. */
async function call(routeKey: string, event: Partial<APIGatewayProxyEventV2> = {}) {
  const whole = {
    routeKey,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    requestContext: { requestId: 'req-1', http: { sourceIp: '192.0.2.1' } },
    ...event,
  } as APIGatewayProxyEventV2;
  const context = { getRemainingTimeInMillis: () => 1_000 } as Context;
  const { statusCode, headers, body } = await handler(whole, context);
  return { status: statusCode, headers, body: body === undefined ? undefined : JSON.parse(body) };
}

test('a body that fits is answered, also in base64', async () => {
  expect(await call('POST /echo', { body: '{"text":"hi"}' })).toMatchObject({
    status: 200,
    body: { text: 'hi' },
  });
  const body = Buffer.from('{"text":"ä"}').toString('base64');
  expect(await call('POST /echo', { body, isBase64Encoded: true })).toMatchObject({ body: { text: 'ä' } });
});

test('an error is a problem document, and one line of the log', async () => {
  const { status, headers, body } = await call('POST /echo', { body: '{"text":7}' });
  expect(status).toBe(400);
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json' });
  expect(body).toEqual({
    type: 'about:blank',
    title: 'The request is malformed',
    status: 400,
    detail: 'text: must be a string.',
    code: 'BAD_REQUEST',
    requestId: 'req-1',
  });
  expect(log).toHaveBeenCalledTimes(1);
  expect(log).toHaveBeenCalledWith(
    'invocation',
    expect.objectContaining({ route: 'POST /echo', requestId: 'req-1', outcome: 'BAD_REQUEST' }),
  );
});

test('what was not foreseen is logged whole and told in general terms', async () => {
  const { status, body } = await call('GET /broken');
  expect(status).toBe(500);
  expect(body.code).toBe('INTERNAL');
  expect(JSON.stringify(body)).not.toContain('secret');
  expect(JSON.stringify(log.mock.calls.map(([message]) => message))).toBe(
    '["invocation","unexpected error"]',
  );
});

test('who is not signed in learns nothing else, whatever the body', async () => {
  const refused = await call('POST /mine', { body: '{' });
  expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  const headers = { authorization: 'Bearer good' };
  expect(await call('POST /mine', { headers })).toMatchObject({ status: 200, body: { userId: 'usr_a' } });
});

test.each([
  ['a=1&a=2', 'a: is given twice.'],
  ['my%20secret=1&my%20secret=2', 'A parameter is given twice.'],
  ['my%20secret=1', 'The request has a field that is not known.'],
  ['other=1', 'other: is not a known field.'],
  ['__proto__=1', '__proto__: is not a known field.'],
])('query %s is refused', async (rawQueryString, detail) => {
  expect((await call('GET /list', { rawQueryString })).body).toMatchObject({ code: 'BAD_REQUEST', detail });
});

test('a body where none belongs is refused', async () => {
  const headers = { authorization: 'Bearer good' };
  expect((await call('POST /mine', { headers, body: '{"x":1}' })).body.detail).toBe(
    'x: is not a known field.',
  );
});

test('every answer is for its caller alone, is what it says it is, and keeps to HTTPS', async () => {
  const headers = { authorization: 'Bearer good' };
  const answers = [
    await call('POST /echo', { body: '{"text":"hi"}' }),
    await call('DELETE /mine', { headers }),
    await call('POST /echo', { body: '{' }),
    await call('POST /mine'),
    await call('GET /busy'),
    await call('GET /broken'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 204, 400, 401, 429, 500]);
  for (const answer of answers) {
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
    });
  }
});

test('who is not admitted is told so before anything of the request is read', async () => {
  const read = { body: '{', rawQueryString: 'a=1&a=2' };
  const headers = { authorization: 'Bearer good' };
  expect(await call('POST /crowded', read)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  expect(await call('GET /crowded', { ...read, headers })).toMatchObject({ status: 429 });
  expect(await call('GET /crowded', read)).toMatchObject({ status: 401 });
  expect(admitted).toEqual(['192.0.2.1', 'usr_a']);
});

test('a rate limit says when to come back, in whole seconds', async () => {
  expect(await call('GET /busy')).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
});
