import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const script = join(import.meta.dirname, '../../scripts/start.ts');

/** `npm start` in a process of its own. */
export class StartedParley {
  readonly process: ChildProcess;
  readonly url: string;
  readonly webSocketUrl: string;
  /** All that it printed before it was ready. */
  readonly console: string;
  readonly #dataDirectory: string;

  static async start(dataDirectory: string, args: string[] = []): Promise<StartedParley> {
    const child = spawnStart({ PARLEY_DATA: dataDirectory, PORT: '0' }, args);
    let text = '';
    for await (const line of createInterface(child.stdout ?? process.stdin)) {
      text += `${line}\n`;
      if (line.includes('Ctrl-C')) return new StartedParley(child, dataDirectory, text);
    }
    throw new Error(`npm start ended before it was ready:\n${text}`);
  }

  private constructor(child: ChildProcess, dataDirectory: string, text: string) {
    this.process = child;
    this.#dataDirectory = dataDirectory;
    this.console = text;
    this.url = /HTTP API +(\S+)\/v1/.exec(text)?.[1] ?? '';
    this.webSocketUrl = /WebSocket API +(\S+)/.exec(text)?.[1] ?? '';
    // Nobody reads on, and a full pipe would stop it.
    child.stdout?.resume();
  }

  /** Of the DynamoDB emulator, its one child. */
  get emulatorPid(): number {
    return Number(readFileSync(join(this.#dataDirectory, 'dynamodb.pid'), 'utf8'));
  }

  /** @returns the exit code */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = await exited;
    return code;
  }

  /** The runtime and everything it started, in one moment and without a warning. */
  async killAll(): Promise<void> {
    const exited = once(this.process, 'exit');
    for (const pid of [this.process.pid, this.emulatorPid])
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await exited;
  }
}

/** A start that is expected to fail. */
export async function failedStart(environment: Record<string, string>, args: string[] = []) {
  const child = spawnStart(environment, args);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** A start that gets the signal as soon as the condition holds. */
export async function interruptedStart(
  dataDirectory: string,
  signal: NodeJS.Signals,
  condition: () => boolean,
): Promise<{ code: number | null }> {
  const child = spawnStart({ PARLEY_DATA: dataDirectory, PORT: '0' }, []);
  const exited = once(child, 'exit');
  while (!condition()) await delay(2);
  child.kill(signal);
  const [code] = await exited;
  return { code };
}

function spawnStart(environment: Record<string, string>, args: string[]): ChildProcess {
  return spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Processes, but zombies, with this text in their command line. Linux only. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text);
      } catch {
        // It has ended since.
        return false;
      }
    })
    .map(Number);
}
