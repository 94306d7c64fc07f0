/**
 * `npm run bench`: what a message costs and how long it takes on the embedded runtime, and what each function weighs.
 * Prints Markdown; docs/performance.md keeps the results of a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { measureBundles } from './bench/bundles.ts';
import { ChatLoad, type LoadResult } from './bench/chat-load.ts';
import { ParleyProcess } from './bench/parley-process.ts';
import type { Report } from './bench/runtime-process.ts';
import { synth } from './synth.ts';

const pairs = 10;
const steady = { perSecond: 20, seconds: 30 };
const ramp = { from: 40, step: 20, seconds: 10, p99LimitMs: 500 };

const assemblyDirectory = await synth('local');
const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-bench-'));
const parley = await ParleyProcess.start(assemblyDirectory, dataDirectory);
const load = await ChatLoad.connect(parley.first.url, parley.first.webSocketUrl, pairs);
try {
  print(
    `# ${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}\n`,
  );

  // Cold starts belong to no steady state.
  await load.run(steady.perSecond, 5);
  const before = await parley.report();
  const steadyResult = await load.run(steady.perSecond, steady.seconds);
  const after = await parley.report();
  print(
    `## Send → push, ${steady.perSecond} messages/s over ${pairs} direct conversations for ${steady.seconds} s\n`,
  );
  table(['p50', 'p95', 'p99', 'max', 'sent', 'received', 'errors'], [latencyRow(steadyResult)]);

  print('\n## AWS calls per message\n');
  table(['function', 'calls per message', 'of these'], callRows(before, after, steadyResult.sent));

  print(`\n## Highest rate with p99 below ${ramp.p99LimitMs} ms (steps of ${ramp.seconds} s)\n`);
  table(['messages/s', 'p50', 'p95', 'p99', 'max', 'sent', 'received', 'errors'], await rampRows());

  print(`\n## Memory of the runtime, its functions included\n`);
  table(
    ['when', 'resident MB'],
    [
      ['started', before.residentMegabytes.toFixed(0)],
      [`after the load`, (await parley.report()).residentMegabytes.toFixed(0)],
    ],
  );

  print('\n## Bundles\n');
  table(
    ['function', 'gzipped KB', 'cold import ms'],
    (await measureBundles(parley.first.environment)).map(({ name, gzippedBytes, importMs }) => [
      name,
      (gzippedBytes / 1024).toFixed(0),
      importMs.toFixed(0),
    ]),
  );
} finally {
  load.close();
  await parley.stop();
  rmSync(dataDirectory, { recursive: true });
}

/** Up to the first rate that misses the limit, loses a message, or is refused. */
async function rampRows(): Promise<string[][]> {
  const rows: string[][] = [];
  for (let perSecond = ramp.from; ; perSecond += ramp.step) {
    const result = await load.run(perSecond, ramp.seconds);
    rows.push([String(perSecond), ...latencyRow(result)]);
    const held =
      result.latency.getValueAtPercentile(99) < ramp.p99LimitMs * 1000 &&
      result.received === result.sent &&
      result.errors.length === 0;
    if (!held) return rows;
  }
}

function latencyRow({ latency, sent, received, errors }: LoadResult): string[] {
  const at = (percentile: number) => `${(latency.getValueAtPercentile(percentile) / 1000).toFixed(0)} ms`;
  const said = errors.length === 0 ? '0' : `${errors.length} (${[...new Set(errors)].join(', ')})`;
  return [at(50), at(95), at(99), at(100), String(sent), String(received), said];
}

function callRows(before: Report, after: Report, messages: number): string[][] {
  return Object.entries(after.invocations).flatMap(([name, { awsCalls }]) => {
    const earlier = before.invocations[name]?.awsCalls ?? {};
    const calls = Object.entries(awsCalls)
      .map(([call, count]) => [call, (count - (earlier[call] ?? 0)) / messages] as const)
      .filter(([, perMessage]) => perMessage > 0);
    if (calls.length === 0) return [];
    const sum = calls.reduce((total, [, perMessage]) => total + perMessage, 0);
    return [[name, sum.toFixed(2), calls.map(([call, count]) => `${call} ${count.toFixed(2)}`).join(', ')]];
  });
}

function table(header: string[], rows: string[][]): void {
  print(`| ${header.join(' | ')} |`);
  print(`|${header.map(() => '---').join('|')}|`);
  for (const row of rows) print(`| ${row.join(' | ')} |`);
}

function print(line: string): void {
  console.log(line);
}
