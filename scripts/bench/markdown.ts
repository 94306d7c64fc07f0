import { cpus, totalmem } from 'node:os';
import type { LoadResult } from './chat-load.ts';
import type { Report } from './runtime-process.ts';

/** The title of all that follows: on what it was measured. */
export function machine(): void {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  console.log(`# ${cpus().length} × ${cpus()[0]?.model}, ${memory}, Node ${process.version}`);
}

/** What is under way, beside the results: they go to standard output alone. */
export function progress(text: string): void {
  console.error(`… ${text}`);
}

export function heading(text: string): void {
  console.log(`\n## ${text}\n`);
}

export function table(header: string[], rows: string[][]): void {
  console.log(`| ${header.join(' | ')} |`);
  console.log(`|${header.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

export const latencyHeader = ['p50', 'p95', 'p99', 'max', 'sent', 'received', 'errors'];

export function latencyRow({ latency, sent, received, errors }: LoadResult): string[] {
  const at = (percentile: number) => `${(latency.getValueAtPercentile(percentile) / 1000).toFixed(0)} ms`;
  const said = errors.length === 0 ? '0' : `${errors.length} (${[...new Set(errors)].join(', ')})`;
  return [at(50), at(95), at(99), at(100), String(sent), String(received), said];
}

export function callRows(before: Report, after: Report, messages: number): string[][] {
  return [...callsPerMessage(before, after, messages)].map(([name, calls]) => {
    const sum = [...calls.values()].reduce((total, perMessage) => total + perMessage, 0);
    return [
      name,
      sum.toFixed(2),
      [...calls].map(([call, count]) => `${call} ${count.toFixed(2)}`).join(', '),
    ];
  });
}

/** By function, then by call. */
export function callsPerMessage(
  before: Report,
  after: Report,
  messages: number,
): Map<string, Map<string, number>> {
  const functions = Object.entries(after.invocations).map(([name, { awsCalls }]) => {
    const earlier = before.invocations[name]?.awsCalls ?? {};
    const calls = Object.entries(awsCalls)
      .map(([call, count]) => [call, (count - (earlier[call] ?? 0)) / messages] as const)
      .filter(([, perMessage]) => perMessage > 0);
    return [name, new Map(calls)] as const;
  });
  return new Map(functions.filter(([, calls]) => calls.size > 0));
}
