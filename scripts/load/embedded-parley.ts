import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeReport } from './runtime-process.ts';

/** A Parley of the run's own: the embedded runtime in another process and a temporary folder. */
export class EmbeddedParley {
  readonly dataDirectory: string;
  readonly #child: ChildProcess;
  readonly #report: RuntimeReport;

  static async start(assemblyDirectory: string): Promise<EmbeddedParley> {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-load-'));
    const child = fork(join(import.meta.dirname, 'runtime-process.ts'), [assemblyDirectory, dataDirectory]);
    const [report] = await Promise.race([
      once(child, 'message') as Promise<[RuntimeReport]>, // It sends nothing else.
      once(child, 'exit').then(() => {
        throw new Error('The runtime ended by itself: see its output above.');
      }),
    ]);
    return new EmbeddedParley(dataDirectory, child, report);
  }

  private constructor(dataDirectory: string, child: ChildProcess, report: RuntimeReport) {
    this.dataDirectory = dataDirectory;
    this.#child = child;
    this.#report = report;
  }

  get url(): string {
    return this.#report.url;
  }

  get webSocketUrl(): string {
    return this.#report.webSocketUrl;
  }

  /** @param keepData to be looked at */
  async stop(keepData: boolean): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.send('stop');
      await exited;
    }
    if (!keepData) rmSync(this.dataDirectory, { recursive: true, force: true });
  }
}
