import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DynamoDbReport, DynamoDbTask } from './dynamodb-process.ts';
import { findDynoxide } from './dynoxide.ts';
import type { Emulator, Log } from './emulator.ts';
import { hasPrivateNetworks, inPrivateNetwork } from './private-network.ts';
import { endStaleProcess, rememberProcess } from './stale-process.ts';
import { StartError } from './start-error.ts';

export type DynamoDbOptions = {
  dataDirectory: string;
  accessKeyId: string;
  log: Log;
  /** Called when the server ends though nobody stopped it. */
  onUnexpectedEnd?: (reason: string) => void;
  environment?: NodeJS.ProcessEnv;
};

const REACH_LIMIT_MS = 5000;

/**
 * DynamoDB on Dynoxide: a static binary over SQLite, which keeps acknowledged writes when it is killed.
 *
 * It can only listen on TCP, lets every page and every user in, and has no option against that. So it runs in a network of its
 * own where the machine has such, together with a process that checks what comes (dynamodb-process.ts).
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<Emulator> {
  const { dataDirectory, accessKeyId, log } = options;
  const environment = options.environment ?? process.env;
  const given = environment['AWS_ENDPOINT_URL_DYNAMODB'];
  const entry = [process.execPath, join(import.meta.dirname, 'dynamodb-process.ts')];
  if (given !== undefined && given !== '') {
    await untilReachable(given);
    log(`DynamoDB: using ${given} from AWS_ENDPOINT_URL_DYNAMODB`);
    return start(entry, { accessKeyId, upstream: { url: given } }, options);
  }
  const database = join(dataDirectory, 'dynamodb.sqlite');
  const pidFile = join(dataDirectory, 'dynamodb.pid');
  await endStaleProcess(pidFile, database);

  const program = findDynoxide(environment);
  const isPrivate = program.needsInternet !== true && (await hasPrivateNetworks(pathsOf(program.command)));
  if (!isPrivate) log(NOT_PRIVATE);
  const command = isPrivate ? inPrivateNetwork(entry) : entry;
  return start(command, { accessKeyId, upstream: { program, database } }, options, (pid) =>
    rememberProcess(pidFile, pid),
  );

  function pathsOf(command: string): string[] {
    return [...entry, command, dataDirectory, ...(existsSync(database) ? [database] : [])];
  }
}

const NOT_PRIVATE =
  'DynamoDB: this machine gives the emulator no network of its own, so other users of it can reach the tables (docs/local.md).';

async function start(
  [command = '', ...args]: readonly string[],
  task: DynamoDbTask,
  { onUnexpectedEnd }: DynamoDbOptions,
  onStarted: (pid: number) => void = () => {},
): Promise<Emulator> {
  // Made here, where the functions are; the process may be in a network of its own.
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  // A Ctrl-C at the console reaches only us, who end it in our own order.
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true });
  child.send(task, listener);
  const first = await nextReport(child);
  listener.close();
  if (first.type !== 'ready') {
    child.disconnect();
    if (first.type === 'failed' && !first.expected) throw new Error(first.message);
    throw new StartError(first.type === 'failed' ? first.message : endOf(first.reason));
  }
  if (first.pid !== undefined) onStarted(first.pid);

  let over = false;
  const ended = once(child, 'exit');
  const end = (reason: string) => {
    if (!over) onUnexpectedEnd?.(endOf(reason));
    over = true;
  };
  child.on('message', (report: DynamoDbReport) => {
    if (report.type === 'ended') end(report.reason);
  });
  child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    async close() {
      over = true;
      if (child.connected) child.send('stop');
      await ended;
    },
  };
}

function endOf(reason: string): string {
  return `The DynamoDB emulator ended (${reason})`;
}

async function nextReport(child: ChildProcess): Promise<DynamoDbReport> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ type: 'ended', reason: signal ?? `exit code ${code}` }));
  });
}

async function untilReachable(endpoint: string): Promise<void> {
  try {
    // Whatever it answers to a request without a signature: somebody is there.
    await fetch(endpoint, { signal: AbortSignal.timeout(REACH_LIMIT_MS) });
  } catch {
    throw new StartError(`AWS_ENDPOINT_URL_DYNAMODB names ${endpoint}, but nothing answers there.`);
  }
}
