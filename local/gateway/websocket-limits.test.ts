import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GatewayLimits } from './limits.ts';
import { startTestGateway, type TestGateway, type TestSocket } from './test-gateway.ts';
import { functions, wholeApi } from './test-websocket-functions.ts';

let gateway: TestGateway;
let usual: TestGateway;
beforeAll(async () => {
  usual = await startTestGateway({ functions, webSocketApis: [wholeApi] });
});
beforeEach(() => {
  gateway = usual;
});
afterEach(async () => {
  if (gateway !== usual) await gateway.close();
});
afterAll(() => usual.close());

async function connected(limits?: Partial<GatewayLimits>): Promise<TestSocket> {
  if (limits !== undefined) {
    gateway = await startTestGateway({ functions, webSocketApis: [wholeApi], limits });
  }
  const socket = gateway.connect();
  await socket.opened;
  return socket;
}

/** What $disconnect was told of a connection. */
function disconnected(connectionId: string): Promise<unknown> {
  return gateway.printedWith('disconnect', { requestContext: { connectionId } });
}

function frame(bytes: number): string {
  const text = '{"action":"echo","text":""}';
  return text.replace('""}', `"${'x'.repeat(bytes - text.length)}"}`);
}

test('a client that does not read is sent no more replies', async () => {
  const socket = await connected({ webSocketBufferedBytes: 64 * 1024 });
  socket.socket.pause();
  const cause = 'the client does not read its replies';
  const isDropped = () => gateway.failures.some((failure) => failure.cause === cause);
  for (let sent = 0; !isDropped(); sent += 1) {
    expect(sent).toBeLessThan(2_000);
    socket.send(frame(31 * 1024));
    // Each reply is asked for after the one before was written, or dropped.
    await gateway.pool.invoke('echo', {});
  }
  socket.socket.resume();
  expect(await socket.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
});

describe('sizes', () => {
  test('a frame of 32 KB is taken', async () => {
    const socket = await connected();
    socket.send(frame(32 * 1024));
    expect(await socket.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
  });

  test.each([32 * 1024 + 1, 129 * 1024, 2 * 1024 * 1024])(
    'a frame of %i bytes closes with 1009',
    async (bytes) => {
      const socket = await connected();
      const connectionId = await socket.connectionId();
      socket.send(frame(bytes));
      expect((await socket.closed).code).toBe(1009);
      expect(await disconnected(connectionId)).toMatchObject({
        requestContext: { disconnectStatusCode: 1009 },
      });
    },
  );

  test('a message of 128 KB in frames of 32 KB is taken', async () => {
    const socket = await connected();
    sendInFrames(socket, frame(128 * 1024));
    expect(await socket.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
  });

  test('a message above 128 KB closes with 1009 though its frames are small', async () => {
    const socket = await connected();
    sendInFrames(socket, frame(128 * 1024 + 1));
    expect((await socket.closed).code).toBe(1009);
  });

  test('an oversize frame behind a good one in the same packet closes with 1009', async () => {
    const socket = await connected();
    socket.send({ action: 'silent' });
    socket.send(frame(40 * 1024));
    expect((await socket.closed).code).toBe(1009);
  });

  function sendInFrames(socket: TestSocket, text: string): void {
    const part = 32 * 1024;
    for (let start = 0; start < text.length; start += part) {
      socket.socket.send(text.slice(start, start + part), { fin: start + part >= text.length });
    }
  }
});

describe('what a client may not send', () => {
  test('a binary frame closes with 1003', async () => {
    const socket = await connected();
    const connectionId = await socket.connectionId();
    socket.socket.send(Buffer.from('{"action":"echo"}'));
    expect((await socket.closed).code).toBe(1003);
    expect(await disconnected(connectionId)).toMatchObject({
      requestContext: { disconnectStatusCode: 1003 },
    });
  });

  test('text that is no UTF-8 closes with 1007', async () => {
    const socket = await connected();
    socket.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await socket.closed).code).toBe(1007);
  });

  test('other connections do not notice', async () => {
    const socket = await connected();
    const other = gateway.connect();
    await other.opened;
    socket.socket.send(Buffer.from('x'));
    await socket.closed;
    other.send({ action: 'echo' });
    expect(await other.next()).toMatchObject({ requestContext: { routeKey: 'echo' } });
  });
});

describe('times', () => {
  test('a connection without messages is closed with 1001', async () => {
    const socket = await connected({ idleMilliseconds: 50 });
    expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(await gateway.printed('disconnect')).toMatchObject({
      requestContext: { disconnectStatusCode: 1001, disconnectReason: 'Going away' },
    });
  });

  test('pings keep no connection', async () => {
    const socket = await connected({ idleMilliseconds: 100 });
    const pings = setInterval(() => socket.socket.ping(), 10);
    expect((await socket.closed).code).toBe(1001);
    clearInterval(pings);
  });

  test('messages keep a connection, but no longer than its total time', async () => {
    const socket = await connected({ idleMilliseconds: 1000, connectionMilliseconds: 1600 });
    const started = performance.now();
    const frames = setInterval(() => socket.send({ action: 'silent' }), 20);
    expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
    clearInterval(frames);
    expect(performance.now() - started).toBeGreaterThan(1500);
  });
});

describe('a close', () => {
  test.each([
    [
      'without a code',
      (socket: TestSocket) => socket.socket.close(),
      1005,
      'Client-side close frame status not set',
    ],
    ['with 1000', (socket: TestSocket) => socket.socket.close(1000), 1000, 'Connection Closed Normally'],
    ['with a code and a reason', (socket: TestSocket) => socket.socket.close(4000, 'left'), 4000, 'left'],
    [
      'by a broken connection',
      (socket: TestSocket) => socket.socket.terminate(),
      1006,
      'Connection Closed Abnormally',
    ],
  ])('%s reaches $disconnect', async (_, close, disconnectStatusCode, disconnectReason) => {
    const socket = await connected();
    const connectionId = await socket.connectionId();
    close(socket);
    expect(await disconnected(connectionId)).toMatchObject({
      requestContext: { eventType: 'DISCONNECT', disconnectStatusCode, disconnectReason },
    });
  });

  test('of the gateway closes each socket with 1001 and waits for $disconnect', async () => {
    const first = await connected({});
    const second = gateway.connect();
    await second.opened;
    await gateway.gateway.close();
    expect((await first.closed).code).toBe(1001);
    expect((await second.closed).code).toBe(1001);
    expect(await gateway.printed('disconnect', 1)).toMatchObject({
      requestContext: { disconnectStatusCode: 1001 },
    });
    expect((await gateway.connect().refused).status).toBe(503);
  });

  test('during $connect runs $disconnect, since nobody else would tell the function', async () => {
    gateway = await startTestGateway({
      functions: {
        ...functions,
        connect: `export const handler = async (event) => {
          console.log(JSON.stringify(event));
          await new Promise((resolve) => setTimeout(resolve, 100));
          return { statusCode: 200 }; };`,
      },
      webSocketApis: [wholeApi],
    });
    const socket = gateway.connect();
    await gateway.printed('connect');
    socket.socket.terminate();
    expect(await gateway.printed('disconnect')).toMatchObject({
      requestContext: { disconnectStatusCode: 1006 },
    });
  });
});

test('the metrics count connections and frames', async () => {
  const socket = await connected({});
  const other = gateway.connect();
  await other.opened;
  await socket.connectionId();
  other.socket.close();
  await gateway.printed('disconnect');
  expect(gateway.gateway.metrics).toEqual({
    connections: 1,
    connectionsOpened: 2,
    framesIn: 1,
    framesOut: 1,
    httpRequests: 0,
  });
});
