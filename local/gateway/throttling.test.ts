import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type InvocationOutcome, throttledError } from '../lambda/lambda-pool.ts';
import { httpApi, integration, startTestGateway, type TestGateway } from './test-gateway.ts';
import { wholeApi } from './test-websocket-functions.ts';

const throttled: InvocationOutcome = { functionError: throttledError };
const noCors = {
  allowOrigins: [],
  allowMethods: [],
  allowHeaders: [],
  exposeHeaders: [],
  allowCredentials: false,
};
const allowed: InvocationOutcome = {
  payload: {
    principalId: 'usr_1',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
    },
  },
};

let now = 0;

/** What each function comes to; those that are missing are throttled. */
let outcomes: Record<string, InvocationOutcome> = {};
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    functions: {},
    invoker: { invoke: async (name) => outcomes[name] ?? throttled },
    webSocketApis: [wholeApi],
    httpApis: [
      httpApi([{ routeKey: 'GET /', integration: integration('echo') }], { stage: 'http' }),
      httpApi(
        [
          { routeKey: 'GET /one', integration: integration('answers') },
          { routeKey: 'GET /two', integration: integration('answers') },
          {
            routeKey: 'POST /login',
            integration: integration('answers'),
            throttle: { ratePerSecond: 2, burst: 3 },
          },
          {
            routeKey: '$default',
            integration: integration('answers'),
            throttle: { ratePerSecond: 1, burst: 1 },
          },
        ],
        {
          stage: 'throttled',
          throttle: { ratePerSecond: 10, burst: 5 },
          cors: { ...noCors, allowOrigins: ['https://app.example'], allowMethods: ['POST'] },
        },
      ),
    ],
    now: () => now,
  });
});
afterAll(() => gateway.close());

test('a request whose function is throttled is answered 503', async () => {
  const response = await fetch(`${gateway.origin}/http/`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ message: 'Service Unavailable' });
});

test('a handshake whose authorizer or $connect is throttled is answered 429', async () => {
  outcomes = {};
  expect(await gateway.connect().refused).toMatchObject({ status: 429 });
  outcomes = { authorizer: allowed };
  expect(await gateway.connect().refused).toMatchObject({ status: 429 });
});

test("a frame whose function is throttled is answered with the gateway's own error", async () => {
  outcomes = { authorizer: allowed, connect: { payload: { statusCode: 200 } } };
  const socket = gateway.connect();
  await socket.opened;
  socket.send('{"action":"echo"}');
  expect(await socket.next()).toMatchObject({ message: 'Internal server error' });
});

describe('more requests than the stage or the route lets in', () => {
  const statusOf = async (method: string, path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${gateway.origin}/throttled${path}`, { method, headers })).status;
  const statuses = async (count: number, method: string, path: string) => {
    const all: number[] = [];
    for (let sent = 0; sent < count; sent += 1) all.push(await statusOf(method, path));
    return all;
  };
  beforeEach(() => {
    outcomes = { answers: { payload: { statusCode: 200 } } };
    now += 60_000;
  });

  test('are answered 429 by the gateway itself, without a Retry-After', async () => {
    expect(await statuses(4, 'POST', '/login')).toEqual([200, 200, 200, 429]);
    const response = await fetch(`${gateway.origin}/throttled/login`, { method: 'POST' });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await response.json()).toEqual({ message: 'Too Many Requests' });
  });

  test('a second later there is room for as many as the rate says', async () => {
    expect(await statuses(4, 'POST', '/login')).toEqual([200, 200, 200, 429]);
    now += 1_000;
    expect(await statuses(3, 'POST', '/login')).toEqual([200, 200, 429]);
  });

  test('a route with a throttle of its own takes nothing from the others, which share that of the stage', async () => {
    expect(await statuses(5, 'POST', '/login')).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses(2, 'GET', '/nowhere')).toEqual([200, 429]);
    expect(await statuses(3, 'GET', '/one')).toEqual([200, 200, 200]);
    expect(await statuses(3, 'GET', '/two')).toEqual([200, 200, 429]);
  });

  test('a preflight counts for nothing, as it comes to no route', async () => {
    const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
    for (let sent = 0; sent < 5; sent += 1) expect(await statusOf('OPTIONS', '/login', preflight)).toBe(204);
    expect(await statusOf('POST', '/login')).toBe(200);
  });
});
