import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import { freePort } from '../../local/emulators/free-port.ts';
import { type LeashedProcess, startLeashed } from '../../local/emulators/leashed-process.ts';

/** Generous: it takes some 50 ms on an idle machine. */
const startWithinMs = 15_000;

/** A server that speaks Valkey's protocol, in memory alone, that may be paused, killed, and started again empty. */
export class RedisServer {
  readonly port: number;
  readonly #settings: string[];
  #process: LeashedProcess;
  #isRunning = true;

  /** @param settings of redis-server's command line, such as `--tls-port` */
  static async start(settings: string[] = []): Promise<RedisServer> {
    const port = await freePort();
    return new RedisServer(port, settings, await launch(port, settings));
  }

  private constructor(port: number, settings: string[], process: LeashedProcess) {
    this.port = port;
    this.#settings = settings;
    this.#process = process;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Keeps its connections and takes new ones, and answers nothing. */
  pause(): void {
    process.kill(this.#process.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.#process.pid, 'SIGCONT');
  }

  /** In one moment; its connections are reset, and new ones refused. */
  async kill(): Promise<void> {
    if (this.#isRunning) process.kill(this.#process.pid, 'SIGKILL');
    this.#isRunning = false;
    await this.#process.ended;
  }

  /** At the same address, and empty. */
  async startAgain(): Promise<void> {
    this.#process = await launch(this.port, this.#settings);
    this.#isRunning = true;
  }

  /** A client of one's own, that comes back when the server does; whoever asks for it disconnects it. */
  client(): Redis {
    const client = new Redis({ host: '127.0.0.1', port: this.port });
    client.on('error', () => undefined); // Each command tells its own.
    return client;
  }
}

async function launch(port: number, more: string[]): Promise<LeashedProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = await startLeashed(serverPath(), [...settings, ...more]);
  let ended = false;
  server.ended.then(() => {
    ended = true;
  });
  const end = performance.now() + startWithinMs;
  while (!(await answers(port))) {
    if (ended || performance.now() > end)
      throw new Error(`redis-server did not start on port ${port}: ${server.errorOutput()}`);
    await setTimeout(10);
  }
  return server;
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined); // Said by the answer.
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

/** `PARLEY_REDIS_SERVER`, or the first Valkey or Redis server on the PATH. */
function serverPath(): string {
  const named = process.env['PARLEY_REDIS_SERVER'];
  if (named) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = ['valkey-server', 'redis-server']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable);
  if (found) return found;
  throw new Error(
    'No redis-server was found. Install it with `apt-get install -y redis-server`, or name one in PARLEY_REDIS_SERVER; ' +
      '`PARLEY_NO_CACHE=1 npm test` leaves the tests of the cache out, `npm run chaos -- --no-cache` that fault.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
