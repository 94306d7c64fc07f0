import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { guardedSplice } from './guarded-splice.ts';
import { checkOfStores, drawAccessKeyId } from './loopback-guard.ts';
import { MAX_HEAD_BYTES } from './request-head.ts';
import { until } from './streams/fixtures/until.ts';

const MEGABYTE = 1024 * 1024;
const key = drawAccessKeyId();
const signed = (accessKeyId: string) =>
  `Authorization: AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/us-east-1/dynamodb/aws4_request, Signature=0`;
const host = 'Host: 127.0.0.1:4321';
const head = (...lines: string[]) => `${['POST / HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`;
const admitted = head(host, signed(key), 'Content-Length: 0');

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // A TCP server that listens has no other address.
}

/** The splice before a server; `reached` is how many connections that got. */
async function guarding(upstream: Server, headLimitMs = 5000) {
  let reached = 0;
  upstream.on('connection', () => reached++);
  const port = await listen(upstream);
  const check = checkOfStores(key);
  const guarded = guardedSplice({ check, upstream: { host: '127.0.0.1', port }, headLimitMs });
  return { port: await listen(guarded), guarded, reached: () => reached };
}

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  return socket;
}

async function everything(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

const echo = () => createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));

describe('a first request that is refused reaches nothing', () => {
  test.each([
    ['no key', 403, head(host)],
    ['another key', 403, head(host, signed(drawAccessKeyId()))],
    ['a name that was made to point here', 403, head('Host: rebind.example', signed(key))],
    ['no name', 403, head(signed(key))],
    ['an origin', 403, head(host, signed(key), 'Origin: http://evil.example')],
    ['an origin in capitals', 403, head(host, signed(key), 'ORIGIN: null')],
    ['another site', 403, head(host, signed(key), 'Sec-Fetch-Site: cross-site')],
    ['two names', 400, head('Host: rebind.example', host, signed(key))],
    ['two keys', 400, head(host, signed('local'), signed(key))],
    ['two origins', 400, head(host, 'Origin: http://127.0.0.1:4321', 'origin: null', signed(key))],
    ['a folded header', 400, head(host, 'X: 1', ` ${signed(key)}`)],
    ['a space before the colon', 400, head(host, signed(key), 'Origin : null')],
    ['a line without a colon', 400, head(host, signed(key), 'Origin')],
    ['a lone line feed', 400, head(host, `X: 1\n${signed(key)}`)],
    ['a lone carriage return', 400, head(host, `X: 1\rOrigin: null`, signed(key))],
    ['a NUL', 400, head(host, 'X: \0', signed(key))],
    ['no request line', 400, `${host}\r\n${signed(key)}\r\n\r\n`],
    ['an absolute target', 400, admitted.replace(' / ', ' http://evil.example/ ')],
    ['another version', 400, admitted.replace('1.1', '1.0')],
    ['HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', undefined, Buffer.from('16030100', 'hex')],
    ['a huge head', 400, head(host, signed(key), `X: ${'x'.repeat(MAX_HEAD_BYTES)}`)],
    ['a head without an end', 400, `GET / HTTP/1.1\r\nX: ${'x'.repeat(MAX_HEAD_BYTES)}`],
  ])('%s', async (_, status, sent) => {
    const { port, reached } = await guarding(echo(), status === undefined ? 300 : 5000);
    const socket = dial(port);
    socket.write(sent);
    const answer = await everything(socket);
    if (status === undefined) expect(answer).toBe('');
    else expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\n(.+\r\n)*connection: close\r\n`));
    expect(reached()).toBe(0);
  });

  test('nothing, and a head that comes byte by byte, within the limit', async () => {
    const { port, reached } = await guarding(echo(), 300);
    const silent = dial(port);
    const slow = dial(port);
    let sent = 0;
    const dripping = setInterval(() => slow.write(admitted.charAt(sent++)), 50);
    // Bytes that come after the end are answered with a reset.
    const received = [everything(silent), everything(slow).catch(() => '')];
    expect(await Promise.all(received)).toEqual(['', '']);
    clearInterval(dripping);
    expect(sent).toBeLessThan(admitted.length);
    expect(reached()).toBe(0);
  });

  test('a client that leaves in the middle of the head', async () => {
    const { port, reached } = await guarding(echo());
    const socket = dial(port);
    socket.end(admitted.slice(0, -2));
    expect(await everything(socket)).toBe('');
    expect(reached()).toBe(0);
  });

  test('and its sender gets the reason, though it sends a megabyte first', async () => {
    const { port, reached } = await guarding(echo());
    const socket = dial(port);
    socket.write(head(host, signed('local'), `Content-Length: ${MEGABYTE}`));
    socket.end(Buffer.alloc(MEGABYTE));
    const answer = await everything(socket);
    const [, body = ''] = answer.split('\r\n\r\n');
    expect(JSON.parse(body)).toMatchObject({
      __type: 'AccessDeniedException',
      message: expect.stringContaining('endpoints.json'),
    });
    expect(answer).toContain(`content-length: ${body.length}`);
    expect(answer).not.toMatch(/access-control/i);
    expect(reached()).toBe(0);
  });
});

describe('a connection whose first request has the key', () => {
  test('carries bodies of a megabyte both ways, one request after the other', async () => {
    const upstream = createHttpServer((incoming, response) => incoming.pipe(response));
    const { port, reached } = await guarding(upstream);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { authorization: signed(key).replace('Authorization: ', '') };
    for (const fill of ['a', 'b', 'c']) {
      const body = fill.repeat(MEGABYTE);
      const asked = request({ port, host: '127.0.0.1', method: 'POST', agent, headers });
      asked.end(body);
      const [response] = await once(asked, 'response');
      expect(Buffer.concat(await response.toArray()).equals(Buffer.from(body))).toBe(true);
    }
    agent.destroy();
    expect(reached()).toBe(1);
  });

  test('passes on every byte as it came: what is sent with the head, and pipelined requests', async () => {
    const { port, reached } = await guarding(echo());
    const body = Buffer.alloc(MEGABYTE, 'x').toString();
    const sent = `${admitted}${head(host, `Content-Length: ${MEGABYTE}`)}${body}${admitted}`;
    const socket = dial(port);
    socket.end(sent);
    expect((await everything(socket)) === sent).toBe(true);
    expect(reached()).toBe(1);
  });

  test('is known by a head that comes in two parts', async () => {
    const { port, guarded } = await guarding(echo());
    const socket = dial(port).setNoDelay(true);
    socket.write(admitted.slice(0, -2));
    const [inside] = await once(guarded, 'connection');
    await until(() => inside.bytesRead === admitted.length - 2);
    socket.end(admitted.slice(-2));
    expect(await everything(socket)).toBe(admitted);
  });

  test('stays open without a request for longer than a head may take', async () => {
    const { port } = await guarding(echo(), 100);
    const socket = dial(port);
    socket.write(admitted);
    await once(socket, 'data');
    await everything(dial(port)); // One that sends nothing is closed when that time is over.
    socket.end('more');
    expect(await everything(socket)).toBe('more');
  });

  test('gets the response after the client has ended its side', async () => {
    const upstream = createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().on('end', () => socket.end('late'));
    });
    const { port } = await guarding(upstream);
    const socket = dial(port);
    socket.end(admitted);
    expect(await everything(socket)).toBe('late');
  });

  test.each<[string, (socket: Socket) => void]>([
    ['ends', (socket) => socket.end()],
    ['breaks off', (socket) => socket.resetAndDestroy()],
  ])('ends when the server behind it %s', async (_, leave) => {
    const { port } = await guarding(createServer((socket) => socket.once('data', () => leave(socket))));
    const socket = dial(port);
    socket.write(admitted);
    await everything(socket).catch(() => {}); // A reset is an end, too.
    expect(socket.readable).toBe(false);
  });

  test('ends when there is no server behind it', async () => {
    const port = await listen(
      guardedSplice({ check: checkOfStores(key), upstream: { host: '127.0.0.1', port: 9 } }),
    );
    const socket = dial(port);
    socket.write(admitted);
    expect(await everything(socket).catch(() => '')).toBe('');
  });

  test('ends behind the check when the client breaks off', async () => {
    const upstream = createServer();
    const { port } = await guarding(upstream);
    const socket = dial(port);
    socket.write(admitted);
    const [behind] = await once(upstream, 'connection');
    behind.on('error', () => {});
    behind.resume();
    const closed = once(behind, 'close');
    socket.resetAndDestroy();
    await closed;
  });
});
