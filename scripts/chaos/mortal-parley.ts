import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultKind } from './plan.ts';
import type { FromRuntime, ToRuntime } from './runtime-process.ts';
import { fairWeather, type Weather } from './weather.ts';

type Ready = Extract<FromRuntime, { ready: unknown }>['ready'];

/** A Parley that can be killed without a warning and started again on the same data, at the same address. */
export class MortalParley {
  readonly dataDirectory: string;
  readonly #assemblyDirectory: string;
  readonly #onStruck: (kind: FaultKind) => void;
  readonly #cacheUrl: string;
  #child: ChildProcess | undefined;
  #ready: Ready = { url: '', webSocketUrl: '' };
  #weather = fairWeather;

  static async start(
    assemblyDirectory: string,
    cacheUrl: string | undefined,
    onStruck: (kind: FaultKind) => void,
  ): Promise<MortalParley> {
    const parley = new MortalParley(assemblyDirectory, cacheUrl, onStruck);
    await parley.startAgain();
    return parley;
  }

  private constructor(
    assemblyDirectory: string,
    cacheUrl: string | undefined,
    onStruck: (kind: FaultKind) => void,
  ) {
    this.#cacheUrl = cacheUrl ?? '';
    this.#assemblyDirectory = assemblyDirectory;
    this.#onStruck = onStruck;
    this.dataDirectory = mkdtempSync(join(tmpdir(), 'parley-chaos-'));
  }

  get url(): string {
    return this.#ready.url;
  }

  get webSocketUrl(): string {
    return this.#ready.webSocketUrl;
  }

  /** Also while it is down: then it starts into it. */
  set weather(weather: Weather) {
    this.#weather = weather;
    this.#tell({ weather });
  }

  /** The process, its emulators and its functions at one moment: what the process has started dies with it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>; // As documented.
    child.kill('SIGKILL');
    const [, signal] = await exited;
    if (signal !== 'SIGKILL') throw new Error(`The runtime had ended by itself (${signal ?? 'it exited'})`);
    this.#child = undefined;
  }

  async startAgain(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const script = join(import.meta.dirname, 'runtime-process.ts');
    const child = fork(script, [this.#assemblyDirectory, this.dataDirectory, port, this.#cacheUrl]);
    this.#child = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error(
        `The runtime did not start: see its output above, and functions.log in ${this.dataDirectory}`,
      );
    });
    const ready = new Promise<Ready>((resolve) => {
      child.on('message', (message: FromRuntime) => {
        if ('ready' in message) resolve(message.ready);
        else this.#onStruck(message.struck);
      });
    });
    this.#ready = await Promise.race([ready, ended]);
    ended.catch(() => undefined); // Whoever kills it looks at how it ended.
    this.#tell({ weather: this.#weather });
  }

  /** @param keepData to be looked at */
  async stop(keepData: boolean): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      this.#tell({ stop: true });
      await exited;
    }
    if (!keepData) rmSync(this.dataDirectory, { recursive: true, force: true });
  }

  #tell(message: ToRuntime): void {
    if (this.#child?.connected) this.#child.send(message);
  }
}
