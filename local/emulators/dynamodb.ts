import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Emulator, Log } from './emulator.ts';
import { freePort } from './free-port.ts';
import { type LeashedProcess, startLeashed } from './leashed-process.ts';
import { endStaleProcess, rememberProcess } from './stale-process.ts';
import { StartError } from './start-error.ts';

export type DynamoDbOptions = {
  dataDirectory: string;
  log: Log;
  /** Called when the server ends though nobody stopped it. */
  onUnexpectedEnd?: (reason: string) => void;
  environment?: NodeJS.ProcessEnv;
};

/** npx may have to download the package first. */
const START_LIMIT_MS = 10_000;
const NPX_START_LIMIT_MS = 60_000;
const REACH_LIMIT_MS = 5000;

/** DynamoDB on Dynoxide: a static binary over SQLite, which keeps acknowledged writes when it is killed. */
export async function startDynamoDb(options: DynamoDbOptions): Promise<Emulator> {
  const environment = options.environment ?? process.env;
  const given = environment['AWS_ENDPOINT_URL_DYNAMODB'];
  if (given !== undefined && given !== '') {
    await untilReachable(given);
    options.log(`DynamoDB: using ${given} from AWS_ENDPOINT_URL_DYNAMODB`);
    return { endpoint: given, close: async () => {} };
  }
  const database = join(options.dataDirectory, 'dynamodb.sqlite');
  const pidFile = join(options.dataDirectory, 'dynamodb.pid');
  await endStaleProcess(pidFile, database);

  const program = findDynoxide(environment);
  const { port, child } = await launch(program, database);
  rememberProcess(pidFile, child.pid);
  let closing = false;
  child.ended.then(({ code, signal }) => {
    if (!closing) options.onUnexpectedEnd?.(`The DynamoDB emulator ended (${signal ?? `exit code ${code}`})`);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      closing = true;
      await child.stop();
    },
  };
}

type Program = { command: string; args: string[]; startLimitMs: number };

/** PARLEY_DYNOXIDE, the installed package where there is one for this platform, then the PATH, then npx. */
export function findDynoxide(
  environment: NodeJS.ProcessEnv,
  platform = `${process.platform}-${process.arch}`,
): Program {
  const chosen = environment['PARLEY_DYNOXIDE'];
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return { command: chosen, args: [], startLimitMs: START_LIMIT_MS };
    throw new StartError(`PARLEY_DYNOXIDE names ${chosen}, which is no program that can be run.`);
  }
  const require = createRequire(import.meta.url);
  const platformPackage = `@dynoxide/${platform}`;
  try {
    const command = join(require.resolve(`${platformPackage}/package.json`), '..', 'dynoxide');
    return { command, args: [], startLimitMs: START_LIMIT_MS };
  } catch {
    // Not installed: an optional dependency that npm leaves out on other platforms.
  }
  const onPath = findOnPath('dynoxide', environment);
  if (onPath !== undefined) return { command: onPath, args: [], startLimitMs: START_LIMIT_MS };
  const npx = findOnPath('npx', environment);
  if (npx !== undefined)
    return { command: npx, args: ['--yes', 'dynoxide@1'], startLimitMs: NPX_START_LIMIT_MS };
  throw new StartError(
    `No DynamoDB emulator: ${platformPackage} is not installed and no dynoxide is on the PATH. Run "npm ci", install Dynoxide, or set AWS_ENDPOINT_URL_DYNAMODB.`,
  );
}

function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run.
    return false;
  }
}

/** Another program may take the port between our finding it and Dynoxide binding it: then we try once more. */
async function launch(program: Program, database: string): Promise<{ port: number; child: LeashedProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const serve = ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', database];
    const child = await startLeashed(program.command, [...program.args, ...serve]);
    const failure = await untilListening(child, port, program.startLimitMs);
    if (failure === undefined) return { port, child };
    await child.stop(0);
    if (attempt < 3 && /in use/.test(failure)) continue;
    throw new StartError(`The DynamoDB emulator (${program.command}) did not start: ${failure}`);
  }
}

async function untilListening(
  child: LeashedProcess,
  port: number,
  limitMs: number,
): Promise<string | undefined> {
  let ended = false;
  child.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + limitMs;
  while (!(await answers(port))) {
    if (ended) return child.errorOutput().trim().split('\n').at(-1) || 'it ended at once';
    if (Date.now() > deadline) return `it does not listen after ${limitMs / 1000} s`;
    await delay(5);
  }
  return undefined;
}

async function untilReachable(endpoint: string): Promise<void> {
  try {
    // Whatever it answers to a request without a signature: somebody is there.
    await fetch(endpoint, { signal: AbortSignal.timeout(REACH_LIMIT_MS) });
  } catch {
    throw new StartError(`AWS_ENDPOINT_URL_DYNAMODB names ${endpoint}, but nothing answers there.`);
  }
}

/** A connection alone could be to another program that was quicker to take the port. */
async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.ListTables',
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20261124T000000Z',
      },
      body: '{}',
    });
    return response.ok && 'TableNames' in ((await response.json()) as object);
  } catch {
    // Not listening yet.
    return false;
  }
}
