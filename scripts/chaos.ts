/** `npm run chaos`: a load test during which nearly everything goes wrong, and the same verification. See docs/performance.md. */
import { randomInt } from 'node:crypto';
import { type ChaosOptions, chaosUsage, parseChaosOptions } from './chaos/chaos-options.ts';
import { MortalParley } from './chaos/mortal-parley.ts';
import { faultText, planFaults } from './chaos/plan.ts';
import { RedisServer } from './chaos/redis-server.ts';
import { Storm } from './chaos/storm.ts';
import { runCommand } from './load/command.ts';
import { type LoadPlan, runLoad } from './load/load-run.ts';
import type { Progress } from './load/progress.ts';
import { seededRandom } from './load/seeded-random.ts';
import { summaryOf } from './load/summary.ts';
import { textReport } from './load/text-report.ts';
import { writeReports } from './load/write-reports.ts';
import { synth } from './synth.ts';

await runCommand('chaos', async (progress, stop) => {
  const options = parseChaosOptions(process.argv.slice(2), randomInt(2 ** 32));
  if (options !== undefined) return chaos(options, progress, stop);
  console.log(chaosUsage);
  return true;
});

async function chaos(options: ChaosOptions, progress: Progress, stop: AbortSignal): Promise<boolean> {
  const planned = planFaults(options.seed, options.durationMs, options.kinds);
  const replay = `npm run chaos -- ${process.argv.slice(2).filter(notSeed).concat(`--seed ${options.seed}`).join(' ')}`;
  progress.say(`Seed ${options.seed}: the same plan again with ${replay}`);
  for (const fault of planned)
    progress.say(`  ${(fault.atMs / 1000).toFixed(1).padStart(6)} s  ${fault.kind}: ${faultText(fault)}`);
  if (options.planOnly) return true;

  let second = 0;
  const cache = options.kinds.includes('cache') ? await RedisServer.start() : undefined;
  const parley = await MortalParley.start(await synth('local'), cache?.url, (kind) => storm.struck(kind));
  const storm = new Storm({
    planned,
    parley,
    cache,
    second: () => second,
    random: seededRandom(options.seed + 1),
    say: (line) => progress.say(line),
  });
  let passed = false;
  try {
    const at = new Date();
    const plan: LoadPlan = { ...options, ramp: 50, name: 'chaos', password: 'a password of chaos' };
    const outcome = await runLoad(plan, parley, stop, {
      say: (line) => progress.say(line),
      onSecond: (one, watch, measurements) => {
        ({ second } = one);
        progress.second(one, options.users, watch, measurements);
      },
      during: (crowd, watch, signal) => storm.rage(crowd, watch, signal),
    });
    const summary = { ...summaryOf('chaos', at, plan, outcome), faults: storm.summary };
    const idle = outcome.interrupted ? [] : storm.summary.counts.filter(({ happened }) => happened === 0);
    passed = outcome.verdict.passed && idle.length === 0;
    summary.passed = passed;
    for (const { kind } of idle)
      summary.notes.push(
        `The fault ${kind} was planned, and never struck: this run proves less than it says.`,
      );
    progress.say(textReport(summary));
    progress.say(`Reports: ${writeReports(options.reportDirectory, summary).join(', ')}`);
    return passed;
  } finally {
    const keepData = !passed && !stop.aborted;
    if (keepData) progress.say(`The runtime's data and functions.log are kept: ${parley.dataDirectory}`);
    await parley.stop(keepData);
    await cache?.kill();
  }
}

function notSeed(argument: string, index: number, all: string[]): boolean {
  return !/^--seed/.test(argument) && all[index - 1] !== '--seed';
}
