import { randomInt } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { type LeashedProcess, startLeashed } from './leashed-process.ts';
import { StartError } from './start-error.ts';

/** npx may have to download the package first. */
const START_LIMIT_MS = 10_000;
const NPX_START_LIMIT_MS = 60_000;

export type Program = { command: string; args: string[]; startLimitMs: number; needsInternet?: boolean };

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
    return {
      command: npx,
      args: ['--yes', 'dynoxide@1'],
      startLimitMs: NPX_START_LIMIT_MS,
      needsInternet: true,
    };
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

/**
 * Where the emulator has no network of its own, a page of a browser must at least not find it by trying each port of
 * 127.0.0.1: on Linux, 16 million addresses are this machine.
 */
function loopbackAddress(): string {
  const part = () => randomInt(1, 255);
  return process.platform === 'linux' ? `127.${part()}.${part()}.${part()}` : '127.0.0.1';
}

/** Another program may take the port between our finding it and Dynoxide binding it: then we try once more. */
export async function launchDynoxide(
  program: Program,
  database: string,
): Promise<{ url: string; child: LeashedProcess }> {
  for (let attempt = 1; ; attempt++) {
    const host = loopbackAddress();
    const port = await freePort();
    const serve = ['serve', '--host', host, '--port', String(port), '--db-path', database];
    const url = `http://${host}:${port}`;
    const child = await startLeashed(program.command, [...program.args, ...serve]);
    const failure = await untilListening(child, url, program.startLimitMs);
    if (failure === undefined) return { url, child };
    await child.stop(0);
    if (attempt < 3 && /in use/.test(failure)) continue;
    throw new StartError(`The DynamoDB emulator (${program.command}) did not start: ${failure}`);
  }
}

async function untilListening(
  child: LeashedProcess,
  url: string,
  limitMs: number,
): Promise<string | undefined> {
  let ended = false;
  child.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + limitMs;
  while (!(await answers(url))) {
    if (ended) return child.errorOutput().trim().split('\n').at(-1) || 'it ended at once';
    if (Date.now() > deadline) return `it does not listen after ${limitMs / 1000} s`;
    await delay(5);
  }
  return undefined;
}

/** A connection alone could be to another program that was quicker to take the port. */
function answers(url: string): Promise<boolean> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20261124/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    'x-amz-date': '20261124T000000Z',
  };
  return new Promise((settle) => {
    const asked = request(url, { method: 'POST', headers }, async (response) => {
      try {
        const body = Buffer.concat(await response.toArray()).toString();
        settle(response.statusCode === 200 && 'TableNames' in JSON.parse(body));
      } catch {
        settle(false); // It broke off, or is no DynamoDB.
      }
    });
    asked.on('error', () => settle(false)); // Not listening yet.
    asked.end('{}');
  });
}
