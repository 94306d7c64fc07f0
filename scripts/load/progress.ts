import type { Measurements, Second } from './measurements.ts';
import type { Watch } from './watch.ts';

/** How the run goes: one line that is written over on a terminal, and elsewhere one more line each second. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #open = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  say(line: string): void {
    this.#end();
    this.#stream.write(`${line}\n`);
  }

  second(second: Second, users: number, watch: Watch, { totals }: Measurements): void {
    const latency =
      second.p50 === undefined ? '' : `  p50 ${whole(second.p50)} ms  p99 ${whole(second.p99)} ms`;
    const line = `${String(second.second).padStart(4)} s  sent ${totals.sent} (${second.sent}/s)  received ${totals.received} (${second.received}/s)${latency}  waiting ${watch.unsettled}  errors ${totals.errors}  connected ${second.connected}/${users}`;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#stream.write(`\r\u001B[2K${line.slice(0, this.#stream.columns - 1)}`);
    this.#open = true;
  }

  #end(): void {
    if (this.#open) this.#stream.write('\n');
    this.#open = false;
  }
}

function whole(milliseconds: number | undefined): string {
  return milliseconds?.toFixed(0) ?? '–';
}
