/** `npm run loadtest`: users chat, are measured, and it is verified that each message came once to each of them. See docs/performance.md. */
import { randomInt } from 'node:crypto';
import { runCommand } from './load/command.ts';
import { EmbeddedParley } from './load/embedded-parley.ts';
import { type LoadOptions, loadUsage, parseLoadOptions } from './load/load-options.ts';
import { runLoad } from './load/load-run.ts';
import type { Progress } from './load/progress.ts';
import { summaryOf } from './load/summary.ts';
import { textReport } from './load/text-report.ts';
import { writeReports } from './load/write-reports.ts';
import { synth } from './synth.ts';

await runCommand('loadtest', async (progress, stop) => {
  const word = randomInt(36 ** 5, 36 ** 6).toString(36);
  const options = parseLoadOptions(process.argv.slice(2), { seed: randomInt(2 ** 32), word });
  if (options !== undefined) return loadTest(options, progress, stop);
  console.log(loadUsage);
  return true;
});

async function loadTest(options: LoadOptions, progress: Progress, stop: AbortSignal): Promise<boolean> {
  const embedded = options.url === undefined ? await EmbeddedParley.start(await synth('local')) : undefined;
  const url = options.url ?? embedded?.url ?? '';
  const target = { url, webSocketUrl: options.webSocketUrl ?? embedded?.webSocketUrl };
  let passed = false;
  try {
    progress.say(`Load test of ${embedded ? 'the embedded runtime' : url}, seed ${options.seed}`);
    const at = new Date();
    const outcome = await runLoad(options, target, stop, {
      say: (line) => progress.say(line),
      onSecond: (second, watch, measurements) => progress.second(second, options.users, watch, measurements),
    });
    const where = embedded ? 'the embedded runtime' : url;
    const summary = summaryOf('loadtest', at, options, outcome, [['at', where]]);
    progress.say(textReport(summary));
    progress.say(`Reports: ${writeReports(options.reportDirectory, summary).join(', ')}`);
    passed = outcome.verdict.passed;
    return passed;
  } finally {
    const keepData = embedded !== undefined && !passed && !stop.aborted;
    if (keepData) progress.say(`The runtime's data and functions.log are kept: ${embedded.dataDirectory}`);
    await embedded?.stop(keepData);
  }
}
