import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  integration,
  route,
  startTestGateway,
  type TestGateway,
  type TestSocket,
  webSocketApi,
} from './test-gateway.ts';
import { echoing, functions, wholeApi } from './test-websocket-functions.ts';

async function connected(gateway: TestGateway): Promise<TestSocket> {
  const socket = gateway.connect();
  await socket.opened;
  return socket;
}

describe('a frame', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ functions, webSocketApis: [wholeApi] });
  });
  afterAll(() => gateway.close());

  test.each([
    ['its action', '{"action":"echo"}', 'echo'],
    ['an action without a route', '{"action":"other"}', '$default'],
    ['no action', '{}', '$default'],
    ['no object', '[1]', '$default'],
    ['null', 'null', '$default'],
    ['no JSON', 'hello', '$default'],
    ['an empty text', '', '$default'],
    ['an inherited property', '{"__proto__":{"action":"echo"}}', '$default'],
    ['an action that is no text', '{"action":{"echo":1}}', '$default'],
    ['the name of $connect', '{"action":"$connect"}', '$default'],
    ['the name of $disconnect', '{"action":"$disconnect"}', '$default'],
  ])('with %s goes to its route, else to $default', async (_, frame, routeKey) => {
    const socket = await connected(gateway);
    socket.send(frame);
    expect(await socket.next()).toMatchObject({ requestContext: { routeKey }, body: frame });
  });

  test('to a route without route response is answered with nothing', async () => {
    const socket = await connected(gateway);
    socket.send({ action: 'silent' });
    socket.send({ action: 'echo' });
    expect(await socket.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
    expect(socket.waiting).toEqual([]);
  });

  test.each(['throw', 'undefined', 'body'])(
    'whose function fails (%s) is answered with an error',
    async (fault) => {
      const socket = await connected(gateway);
      socket.send({ action: 'faulty', fault });
      const { connectionId } = JSON.parse(JSON.stringify(await gateway.printed('connect'))).requestContext;
      const answer = await socket.next();
      expect(answer).toEqual({
        message: 'Internal server error',
        connectionId: expect.stringMatching(/=$/),
        requestId: expect.stringMatching(/=$/),
      });
      expect(connectionId).toHaveLength(16);
      socket.send({ action: 'echo' });
      expect(await socket.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
    },
  );

  test('has its body sent back whatever the statusCode beside it', async () => {
    const socket = await connected(gateway);
    socket.send({ action: 'faulty' });
    expect(await socket.next()).toEqual({ fine: true });
  });

  test('need not wait for the one before it', async () => {
    const socket = await connected(gateway);
    socket.send({ action: 'faulty', fault: 'hang' });
    socket.send({ action: 'echo' });
    expect(await socket.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
  });

  test('may come in parts', async () => {
    const socket = await connected(gateway);
    socket.socket.send('{"action":', { fin: false });
    socket.socket.send('"echo"}', { fin: true });
    expect(await socket.next()).toMatchObject({ body: '{"action":"echo"}' });
  });
});

describe('a frame of an API', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());

  test('without a $default route is answered with Forbidden if no route is its own', async () => {
    gateway = await startTestGateway({
      functions,
      webSocketApis: [webSocketApi([route('echo', 'echo', echoing)])],
    });
    const socket = await connected(gateway);
    socket.send({ action: 'other' });
    expect(await socket.next()).toEqual({
      message: 'Forbidden',
      connectionId: expect.stringMatching(/=$/),
      requestId: expect.stringMatching(/=$/),
    });
  });

  test('whose function takes longer than the integration may is answered with a time-out', async () => {
    const slow = integration('faulty', { timeoutMilliseconds: 50 });
    const api = webSocketApi([route('$default', 'faulty', { integration: slow })]);
    gateway = await startTestGateway({ functions, webSocketApis: [api] });
    const socket = await connected(gateway);
    socket.send({ fault: 'hang' });
    expect(await socket.next()).toMatchObject({ message: 'Endpoint request timed out' });
  });

  test('without permission for its function is answered with an error', async () => {
    const denied = integration('echo', { permitted: false });
    const api = webSocketApi([route('$default', 'echo', { integration: denied })]);
    gateway = await startTestGateway({ functions, webSocketApis: [api] });
    const socket = await connected(gateway);
    socket.send('hi');
    expect(await socket.next()).toMatchObject({ message: 'Internal server error' });
    expect(gateway.failures[0]?.cause).toContain('AWS::Lambda::Permission');
  });
});
