import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { guard } from '../loopback-guard.ts';
import { Arrivals } from './arrivals.ts';
import type { Emulator } from './emulator.ts';
import { StartError } from './start-error.ts';

export type KinesisEmulator = Emulator & {
  /** Announces each put, of whatever stream, once it is acknowledged. */
  arrivals: Arrivals;
};

type Kinesalite = (options: {
  path: string;
  createStreamMs: number;
  deleteStreamMs: number;
  updateStreamMs: number;
  shardLimit: number;
}) => import('node:http').Server;

const SETTLE_MS = 20;
/** Twice what Kinesis accepts in a PutRecords request (5 MiB), since the body is base64 inside JSON. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

/**
 * Kinesis on Kinesalite over LevelDB in the data folder.
 *
 * Kinesalite throws into the void when a caller hangs up in the middle of a request, and LevelDB ends the process with a
 * segmentation fault when it is used after its close: a Lambda worker that is terminated would take the whole runtime
 * with it. So requests are read whole here before Kinesalite sees them, and closing lets those under way finish and takes
 * no more.
 */
export async function startKinesis(options: {
  dataDirectory: string;
  accessKeyId: string;
}): Promise<KinesisEmulator> {
  // CommonJS without types.
  const kinesalite = createRequire(import.meta.url)('kinesalite') as Kinesalite;
  const store = kinesalite({
    path: join(options.dataDirectory, 'kinesis'),
    createStreamMs: 0,
    deleteStreamMs: 0,
    updateStreamMs: 0,
    shardLimit: 1000,
  });
  // http.createServer(listener) registers exactly this one.
  const handle = store.listeners('request')[0] as RequestListener;
  const underWay = new Set<Promise<unknown>>();
  const arrivals = new Arrivals();
  let closing = false;

  const server = createServer((request, response) => {
    const answered = bodyOf(request).then(
      async (body) => {
        if (closing) response.destroy();
        else await answer(handle, request, body, response);
        if (/\.PutRecords?$/.test(String(request.headers['x-amz-target']))) arrivals.announce();
      },
      () => {
        // The caller hung up: nobody is there to answer.
        response.destroy();
      },
    );
    underWay.add(answered);
    answered.finally(() => underWay.delete(answered));
  });
  guard(server, options.accessKeyId);
  // Node's default of 5 s would cut the poller's connection between two records.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new StartError('The Kinesis emulator has no port');

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    arrivals,
    async close() {
      closing = true;
      const closed = once(server, 'close');
      server.close();
      while (underWay.size > 0) await Promise.all(underWay);
      server.closeAllConnections();
      await closed;
      // It answers before it has tidied up: the end of a read's iterator, the birth of a stream.
      await delay(SETTLE_MS);
      // Its server was never started, which only close()'s callback would complain of; the database is closed first.
      await new Promise<void>((resolve) => store.close(() => resolve()));
    },
  };
}

async function answer(
  handle: RequestListener,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  // Kinesalite uses these four and the stream's events, no more.
  const whole = Object.assign(Readable.from(body.length === 0 ? [] : [body]), {
    method: request.method,
    url: request.url,
    headers: request.headers,
  }) as unknown as IncomingMessage;
  // A caller who hangs up closes the response while Kinesalite is still reading its database: only its answer says it is done.
  const ended = new Promise<void>((resolve) => {
    const end = response.end;
    response.end = ((...parts: unknown[]) => {
      resolve();
      return Reflect.apply(end, response, parts);
    }) as typeof end; // The same arguments, handed on.
  });
  handle(whole, response);
  await ended;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    // A request without setEncoding yields Buffers.
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > BODY_LIMIT_BYTES) throw new Error('Request body too large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
