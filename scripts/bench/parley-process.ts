import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Question, Report } from './runtime-process.ts';

/** Starts and questions the runtime under test. */
export class ParleyProcess {
  readonly #child: ChildProcess;
  readonly first: Report;

  private constructor(child: ChildProcess, first: Report) {
    this.#child = child;
    this.first = first;
  }

  static async start(assemblyDirectory: string, dataDirectory: string): Promise<ParleyProcess> {
    const child = fork(join(import.meta.dirname, 'runtime-process.ts'), [assemblyDirectory, dataDirectory]);
    return new ParleyProcess(child, await nextReport(child));
  }

  async report(): Promise<Report> {
    const answer = nextReport(this.#child);
    this.#child.send('report' satisfies Question);
    return answer;
  }

  async stop(): Promise<void> {
    this.#child.send('stop' satisfies Question);
    await once(this.#child, 'exit');
  }
}

async function nextReport(child: ChildProcess): Promise<Report> {
  // Whichever comes first, the other is not waited for any longer.
  const decided = new AbortController();
  try {
    const [report] = await Promise.race([
      once(child, 'message', decided) as Promise<[Report]>, // It sends nothing else.
      once(child, 'exit', decided).then(() => {
        throw new Error('The runtime ended by itself: see its output above.');
      }),
    ]);
    return report;
  } finally {
    decided.abort();
  }
}
