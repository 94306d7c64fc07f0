import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocketApi } from './model.ts';
import { route, startTestGateway, type TestGateway, webSocketApi } from './test-gateway.ts';
import { authorizer, functions, wholeApi } from './test-websocket-functions.ts';

const open: TestGateway[] = [];

async function start(api: WebSocketApi): Promise<TestGateway> {
  const gateway = await startTestGateway({ functions, webSocketApis: [api] });
  open.push(gateway);
  return gateway;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

describe('a handshake', () => {
  let gateway: TestGateway;
  // One gateway for all of them: nothing they do outlives a connection.
  beforeAll(async () => {
    gateway = await startTestGateway({ functions, webSocketApis: [wholeApi] });
    return () => gateway.close();
  });

  test('that is refused may be reset by its client, which harms nobody', async () => {
    const request =
      'GET /v1?wish=deny HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = createConnection({ port: gateway.port, host: '127.0.0.1' });
        socket.write(request);
        await once(socket, 'data');
        socket.resetAndDestroy();
      }),
    );
    await gateway.connect().opened;
  });

  test.each([
    ['deny', 403, 'Forbidden'],
    ['elsewhere', 403, 'Forbidden'],
    ['unauthorized', 401, 'Unauthorized'],
    ['broken', 500, 'Internal server error'],
    ['nothing', 500, 'Internal server error'],
    ['nested', 500, 'Internal server error'],
    ['huge', 500, 'Internal server error'],
  ])(
    'with the authorizer answer "%s" is refused with %i before the upgrade',
    async (wish, status, message) => {
      const { body, ...answer } = await gateway.connect(`/v1?wish=${wish}`).refused;
      expect(answer.status).toBe(status);
      expect(body).toEqual({ message, connectionId: expect.any(String), requestId: expect.any(String) });
    },
  );

  test('is accepted by a policy with wildcards', async () => {
    await gateway.connect('/v1?wish=wildcard').opened;
  });

  test.each([
    ['teapot', 418],
    ['throw', 502],
    ['malformed', 502],
  ])('with the $connect answer "%s" is refused with %i', async (wish, status) => {
    expect((await gateway.connect(`/v1?wish=${wish}`).refused).status).toBe(status);
  });

  test('selects the subprotocol that $connect names', async () => {
    const socket = gateway.connect('/v1?wish=protocol', ['parley.v1', 'bearer.token']);
    await socket.opened;
    expect(socket.socket.protocol).toBe('parley.v1');
  });

  test('selects no subprotocol by itself, so that a client that wants one fails', async () => {
    const socket = gateway.connect('/v1', ['parley.v1']);
    expect((await socket.closed).code).toBe(1006);
  });

  test('is answered at /connect as at the stage, with or without a slash at the end', async () => {
    await gateway.connect('/connect').opened;
    await gateway.connect('/connect/').opened;
    await gateway.connect('/v1/').opened;
  });

  test("at another path is not the gateway's", async () => {
    expect((await gateway.connect('/v2').closed).code).toBe(1006);
  });

  test('that is no WebSocket handshake is refused before any function runs', async () => {
    const socket = createConnection(gateway.port, '127.0.0.1');
    socket.write('GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  test('over plain HTTP asks for an upgrade', async () => {
    expect((await fetch(`${gateway.origin}/connect`)).status).toBe(426);
  });

  test('never agrees on compression', async () => {
    const socket = gateway.connect();
    await socket.opened;
    expect(socket.socket.extensions).toBe('');
  });
});

describe('a handshake with identity sources', () => {
  const sources = ['route.request.header.X-Token', 'route.request.querystring.q'];
  const api = webSocketApi([
    route('$connect', 'connect', { authorizer: { ...authorizer, identitySources: sources } }),
  ]);

  test('is 401 without asking the authorizer if one is missing', async () => {
    const gateway = await start(api);
    const headers = { 'x-token': 't' };
    expect((await gateway.connect('/v1', [], { headers }).refused).status).toBe(401);
    expect((await gateway.connect('/v1?q=1').refused).status).toBe(401);
    await gateway.connect('/v1?q=2', [], { headers }).opened;
    expect(await gateway.printed('authorizer')).toMatchObject({ queryStringParameters: { q: '2' } });
  });
});

describe('a handshake without', () => {
  test('a $connect route is accepted', async () => {
    const gateway = await start(webSocketApi([]));
    await gateway.connect().opened;
  });

  test('permission to invoke a function is 500', async () => {
    const refused = { ...authorizer, permitted: false };
    const first = await start(webSocketApi([route('$connect', 'connect', { authorizer: refused })]));
    expect((await first.connect().refused).status).toBe(500);
    const integration = { functionName: 'connect', permitted: false, timeoutMilliseconds: 1000 };
    const second = await start(webSocketApi([route('$connect', 'connect', { integration })]));
    expect((await second.connect().refused).status).toBe(500);
    expect(second.failures[0]?.cause).toContain('AWS::Lambda::Permission');
  });
});
