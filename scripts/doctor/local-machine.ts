/** Whether Parley can run on this machine, each part tried as it will be used. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { openDataFolder } from '../../local/emulators/data-folder.ts';
import { findDynoxide } from '../../local/emulators/dynoxide.ts';
import { startKinesis } from '../../local/emulators/kinesis.ts';
import { StartError } from '../../local/emulators/start-error.ts';
import { drawAccessKeyId } from '../../local/loopback-guard.ts';
import { startSettings } from '../../local/settings.ts';
import { type Diagnosis, examine, failed, ok, warning } from './diagnosis.ts';

const neededNode = 24;
const leastFreeBytes = 1_000_000_000;

export async function diagnoseMachine(environment: NodeJS.ProcessEnv): Promise<Diagnosis[]> {
  const { host, port, dataDirectory } = startSettings(environment, []);
  const installAgain = 'run `npm ci` again, and read what it warns of';
  return (
    await Promise.all([
      examine('Node.js', installAgain, async () => nodeVersion(process.versions.node)),
      examine('port', 'set PORT to a port that may be used', () => portState(host, port)),
      examine('DynamoDB emulator', installAgain, () => dynoxide(environment)),
      examine('Kinesis emulator', installAgain, kinesalite),
      examine('data folder', 'set PARLEY_DATA to a folder of yours on a local disk', async () =>
        dataFolder(dataDirectory),
      ),
      ...testPrograms.map((program) =>
        examine(program.name, program.install, async () => testProgram(program, environment)),
      ),
    ])
  ).flat();
}

export function nodeVersion(version: string): Diagnosis {
  if (Number.parseInt(version, 10) >= neededNode) return ok('Node.js', version);
  const advice = 'run it as an npm script, `npm run doctor`: these use the Node.js that `npm ci` installs';
  return failed('Node.js', `${version}, and ${neededNode} is needed`, advice);
}

async function portState(host: string, port: number): Promise<Diagnosis> {
  const subject = `port ${port}`;
  if (port === 0) return ok('port', 'any free one');
  if (await isFree(host, port)) return ok(subject, 'free');
  const health = await fetch(`http://${host}:${port}/v1/health`, { signal: AbortSignal.timeout(3_000) })
    .then((response) => response.json())
    .catch(() => undefined); // Whatever it is, it is no Parley.
  if (typeof health === 'object' && health !== null && 'status' in health && health.status === 'ok') {
    return ok(subject, 'a Parley is running there');
  }
  return failed(
    subject,
    'another program has it',
    `stop that program, or start Parley on another port: PORT=${port + 1} npm start`,
  );
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen(port, host, () => server.close(() => answer(true)));
  });
}

async function dynoxide(environment: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const subject = 'DynamoDB emulator';
  const given = environment['AWS_ENDPOINT_URL_DYNAMODB'];
  if (given) {
    await fetch(given);
    return ok(subject, `${given}, from AWS_ENDPOINT_URL_DYNAMODB`);
  }
  const { command, args } = findDynoxide(environment);
  const { stdout } = await promisify(execFile)(command, [...args, '--version'], { timeout: 60_000 });
  return ok(subject, stdout.trim());
}

async function kinesalite(): Promise<Diagnosis> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  try {
    const emulator = await startKinesis({ dataDirectory, accessKeyId: drawAccessKeyId() });
    await emulator.close();
    return ok('Kinesis emulator', 'starts');
  } finally {
    rmSync(dataDirectory, { recursive: true });
  }
}

export function dataFolder(path: string): Diagnosis {
  const subject = 'data folder';
  const folder = resolve(path);
  if (!existsSync(folder)) return ok(subject, `${folder}, which the first start makes`);
  try {
    openDataFolder(folder).release();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (/in use/.test(error.message)) return ok(subject, `${folder}, in use by a running Parley`);
    return failed(subject, error.message, 'set PARLEY_DATA to a folder of yours on a local disk');
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < leastFreeBytes) {
    return warning(subject, `${folder}, with ${Math.round(free / 1e6)} MB left on its disk`, 'make room');
  }
  return ok(subject, `${folder}, free to use`);
}

type TestProgram = { name: string; commands: string[]; variable: string; install: string };

const testPrograms: TestProgram[] = [
  {
    name: 'a browser, for tests',
    commands: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    variable: 'PARLEY_BROWSER',
    install: '`apt-get install -y chromium`, or `npm test -- --no-browser`',
  },
  {
    name: 'Valkey, for tests',
    commands: ['valkey-server', 'redis-server'],
    variable: 'PARLEY_REDIS_SERVER',
    install: '`apt-get install -y redis-server`, for the tests with a cache',
  },
];

/** Only those who work on Parley itself need these. */
function testProgram(
  { name, commands, variable, install }: TestProgram,
  environment: NodeJS.ProcessEnv,
): Diagnosis {
  const folders = (environment['PATH'] ?? '').split(delimiter);
  const candidates = environment[variable]
    ? [environment[variable]]
    : commands.flatMap((command) => folders.map((folder) => join(folder, command)));
  const found = candidates.find(isExecutable);
  return found === undefined ? warning(name, 'not found', install) : ok(name, found);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
