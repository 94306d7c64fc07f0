import { connect } from 'node:net';
import fc from 'fast-check';
import { within } from '../../support/deadline.ts';
import { texts } from './hostile.ts';

/** Bytes on a connection to the gateways, which are no longer what a client's library would send. */

/** A request that is not whole is waited for by the server too: this long after the last byte a client gives up. */
const quietMs = 1_000;

/**
 * Sends the bytes and returns what came, until the server ended the connection or has nothing more to say.
 *
 * @param answered whether something comes in any case, so that it is waited for
 */
export async function exchange(port: number, bytes: Buffer, answered = false): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  socket.setTimeout(answered ? 0 : quietMs);
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    socket.setTimeout(quietMs);
  });
  socket.on('timeout', () => socket.destroy());
  // A server may refuse the first bytes and close before it has read the last.
  socket.on('error', () => undefined);
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(bytes);
  await within(over, () => `the end of a connection after ${bytes.length} bytes`);
  return Buffer.concat(chunks).toString('latin1');
}

/** A close frame of a client, without a code. */
export const closeFrame = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);

export type Line = [name: string, value: string];

/** The head and body of a request, header by header. */
export function requestBytes(line: string, headers: Line[], body: string): Buffer {
  const head = [line, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

const headerNames = fc.constantFrom(
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Upgrade',
  'Expect',
  'Origin',
  'Cookie',
  'Authorization',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Extensions',
  'Content-Type',
  'X-Forwarded-For',
  'X-Amzn-Trace-Id',
  '__proto__',
  'constructor',
);
const headerValues = fc.oneof(
  { weight: 2, arbitrary: texts.map((text) => text.slice(0, 2_000)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '0',
      '-1',
      '5',
      '99999999999',
      'chunked',
      'identity, chunked',
      'close',
      'keep-alive',
      'upgrade, close',
      'websocket',
      'h2c',
      '100-continue',
      '13',
      '8',
      'permessage-deflate',
      'null',
      'http://evil.example',
      'localhost',
    ),
  },
);

/** Changes of the headers. */
export const headerChanges: fc.Arbitrary<(headers: Line[]) => Line[]> = fc
  .array(
    fc.oneof(
      fc.tuple(headerNames, headerValues).map(([name, value]) => (headers: Line[]): Line[] => [
        ...headers,
        [name, value],
      ]),
      fc.tuple(headerNames, headerValues).map(
        ([name, value]) =>
          (headers: Line[]) =>
            headers.map(([present, before]): Line => [present, present === name ? value : before]),
      ),
      headerNames.map((name) => (headers: Line[]) => headers.filter(([present]) => present !== name)),
    ),
    { maxLength: 2 },
  )
  .map((changes) => (headers) => changes.reduce((so, change) => change(so), headers));

/** Changes of the bytes themselves, rarely. */
export const byteChanges: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
  { weight: 6, arbitrary: fc.constant((bytes: Buffer) => bytes) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(400), fc.uint8Array({ maxLength: 20 })).map(
      ([at, extra]) =>
        (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)]),
    ),
  },
  { weight: 1, arbitrary: fc.nat(600).map((at) => (bytes: Buffer) => bytes.subarray(0, at)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((all) => () => Buffer.from(all)) },
);

/** One frame of a client, as RFC 6455 has it or not. */
export const rawFrames: fc.Arbitrary<Buffer> = fc
  .record({
    final: fc.oneof(
      { weight: 4, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    reserved: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    opcode: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0, 1, 8, 9, 10) },
      { weight: 1, arbitrary: fc.nat(15) },
    ),
    masked: fc.oneof(
      { weight: 8, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    /** What the header says more or less than there is. */
    off: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -3, max: 70_000 }) },
    ),
    payload: fc.oneof(
      texts.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    ),
  })
  .map(({ final, reserved, opcode, masked, off, payload }) => {
    const length = Math.max(0, payload.length + off);
    const head = Buffer.from([(final ? 0x80 : 0) | (reserved << 4) | opcode, masked ? 0x80 : 0]);
    const extended = length < 126 ? Buffer.alloc(0) : Buffer.alloc(length < 65_536 ? 2 : 8);
    head[1] = (head[1] ?? 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
    if (extended.length === 2) extended.writeUInt16BE(length);
    if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
    // A mask of zeros leaves the payload as it is.
    return Buffer.concat([head, extended, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
  });
