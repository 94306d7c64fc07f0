import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InvocationOutcome } from '../lambda/lambda-pool.ts';
import { httpApi, integration, startTestGateway, type TestGateway } from './test-gateway.ts';
import { wholeApi } from './test-websocket-functions.ts';

const throttled: InvocationOutcome = {
  functionError: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' },
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

/** What each function comes to; those that are missing are throttled. */
let outcomes: Record<string, InvocationOutcome> = {};
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    functions: {},
    invoker: { invoke: async (name) => outcomes[name] ?? throttled },
    webSocketApis: [wholeApi],
    httpApis: [httpApi([{ routeKey: 'GET /', integration: integration('echo') }], { stage: 'http' })],
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
