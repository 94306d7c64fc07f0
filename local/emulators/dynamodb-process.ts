/**
 * The process in front of DynamoDB: Dynoxide lets in everyone who finds its port, so it listens where nobody else comes
 * (local/emulators/dynamodb.ts), and this process, which is there too, hands it what the guard lets through. It is a process of
 * its own for that, and to leave the event loop of the runtime alone.
 */
import http, { createServer } from 'node:http';
import type { Server } from 'node:net';
import { guardedSplice } from '../guarded-splice.ts';
import { checkOfStores, guard } from '../loopback-guard.ts';
import { launchDynoxide, type Program } from './dynoxide.ts';
import { StartError } from './start-error.ts';

/** What it is told once, together with the socket that it is to listen on. */
export type DynamoDbTask = {
  accessKeyId: string;
  /** Another DynamoDB, or what starts ours. */
  upstream: { url: string } | { program: Program; database: string };
};
export type DynamoDbReport =
  | { type: 'ready'; pid?: number }
  | { type: 'failed'; message: string; expected: boolean }
  | { type: 'ended'; reason: string };

let stop: () => Promise<void> = async () => {};

process.once('message', (task: DynamoDbTask, listener: Server) => {
  serve(task, listener).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    report({ type: 'failed', message, expected: error instanceof StartError });
  });
  // Anything further that it is told is to stop.
  process.on('message', () => void stop().then(() => process.exit()));
});
// With the runtime, however that ends: Dynoxide is on a leash of ours.
process.on('disconnect', () => process.exit());

function report(what: DynamoDbReport): void {
  // A runtime that is gone needs no report: its end is ours.
  process.send?.(what, undefined, undefined, () => {});
}

async function serve({ accessKeyId, upstream }: DynamoDbTask, listener: Server): Promise<void> {
  if ('url' in upstream) {
    (await httpForwarder(new URL(upstream.url), accessKeyId)).listen(listener);
    return report({ type: 'ready' });
  }
  const { url, child } = await launchDynoxide(upstream.program, upstream.database);
  let stopping = false;
  stop = () => {
    stopping = true;
    return child.stop();
  };
  child.ended.then(({ code, signal }) => {
    if (!stopping) report({ type: 'ended', reason: signal ?? `exit code ${code}` });
  });
  const { hostname: host, port } = new URL(url);
  guardedSplice({ check: checkOfStores(accessKeyId), upstream: { host, port: Number(port) } }).listen(
    listener,
  );
  report({ type: 'ready', pid: child.pid });
}

/** Another DynamoDB must not get the key, so each request is read and written anew. */
async function httpForwarder(url: URL, accessKeyId: string): Promise<Server> {
  const { Agent, request } = url.protocol === 'https:' ? await import('node:https') : http;
  const target = { agent: new Agent({ keepAlive: true }), host: url.hostname, port: url.port };
  const server = createServer((incoming, response) => {
    const { method, url: path, headers } = incoming;
    const forwarded = {
      ...headers,
      host: url.host,
      // The key is of this machine, and DynamoDB Local keeps a database for each key.
      authorization: headers.authorization?.replace(accessKeyId, 'local'),
    };
    const outgoing = request({ ...target, method, path, headers: forwarded }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    incoming.pipe(outgoing);
  });
  // Node's default of 5 s would cut the functions' connections between two messages.
  server.keepAliveTimeout = 60_000;
  guard(server, accessKeyId);
  return server;
}
