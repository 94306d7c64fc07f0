import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const assemblyDirectory = join(import.meta.dirname, '../../../cdk.out/local');
const script = join(import.meta.dirname, 'runtime-process.ts');

/** A Parley that can be killed without a warning, and started again with the same data at the same address. */
export class MortalParley {
  readonly #dataDirectory: string;
  #child: ChildProcess;
  #url: string;

  static async start(): Promise<MortalParley> {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-client-'));
    return new MortalParley(dataDirectory, ...(await run(dataDirectory, 0)));
  }

  private constructor(dataDirectory: string, child: ChildProcess, url: string) {
    this.#dataDirectory = dataDirectory;
    this.#child = child;
    this.#url = url;
  }

  get url(): string {
    return this.#url;
  }

  /** The runtime and its database in one moment. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    const database = Number(await readFile(join(this.#dataDirectory, 'dynamodb.pid'), 'utf8'));
    for (const pid of [this.#child.pid, database]) if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await exited;
  }

  async startAgain(): Promise<void> {
    [this.#child, this.#url] = await run(this.#dataDirectory, Number(new URL(this.#url).port));
  }

  async remove(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
    await rm(this.#dataDirectory, { recursive: true, force: true });
  }
}

async function run(dataDirectory: string, port: number): Promise<[ChildProcess, string]> {
  const child = fork(script, [assemblyDirectory, dataDirectory, String(port)]);
  const [url] = await Promise.race([
    once(child, 'message') as Promise<[string]>, // It sends nothing else.
    once(child, 'exit').then(() => {
      throw new Error('The runtime ended by itself: see its output above.');
    }),
  ]);
  return [child, url];
}
