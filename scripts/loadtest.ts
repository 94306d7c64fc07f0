/** `npm run loadtest`: users chat, are measured, and it is verified that each message came once to each of them. See docs/performance.md. */
import { randomInt } from 'node:crypto';
import { EmbeddedParley } from './load/embedded-parley.ts';
import { type LoadOptions, loadUsage, parseLoadOptions } from './load/load-options.ts';
import { runLoad } from './load/load-run.ts';
import { durationText, UsageError } from './load/option-values.ts';
import { Progress } from './load/progress.ts';
import { summaryOf } from './load/summary.ts';
import { textReport } from './load/text-report.ts';
import { writeReports } from './load/write-reports.ts';
import { synth } from './synth.ts';

const progress = new Progress(process.stdout);
const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  progress.say('Stopping: what was sent is still verified. Ctrl-C once more ends at once.');
  stop.abort(new Error('interrupted'));
});

try {
  const word = randomInt(36 ** 5, 36 ** 6).toString(36);
  const options = parseLoadOptions(process.argv.slice(2), { seed: randomInt(2 ** 32), word });
  if (options === undefined) console.log(loadUsage);
  else process.exitCode = (await loadTest(options)) ? 0 : 1;
} catch (error) {
  if (error instanceof UsageError) progress.say(`${error.message} See npm run loadtest -- --help.`);
  else if (stop.signal.aborted) progress.say('Stopped before anything was sent.');
  else throw error;
  process.exitCode = 1;
}

async function loadTest(options: LoadOptions): Promise<boolean> {
  const embedded = options.url === undefined ? await EmbeddedParley.start(await synth('local')) : undefined;
  const url = options.url ?? embedded?.url ?? '';
  const target = { url, webSocketUrl: options.webSocketUrl ?? embedded?.webSocketUrl };
  let passed = false;
  try {
    progress.say(`Load test of ${embedded ? 'the embedded runtime' : url}, seed ${options.seed}`);
    const at = new Date();
    const outcome = await runLoad(options, target, stop.signal, {
      say: (line) => progress.say(line),
      onSecond: (second, watch, measurements) => progress.second(second, options.users, watch, measurements),
    });
    const summary = summaryOf('loadtest', at, options, settingsOf(options, url), outcome);
    progress.say(textReport(summary));
    progress.say(`Reports: ${writeReports(options.reportDirectory, summary).join(', ')}`);
    passed = outcome.verdict.passed;
    return passed;
  } finally {
    const keepData = embedded !== undefined && !passed && !stop.signal.aborted;
    if (keepData) progress.say(`The runtime's data and functions.log are kept: ${embedded.dataDirectory}`);
    await embedded?.stop(keepData);
  }
}

function settingsOf(options: LoadOptions, url: string): [string, string][] {
  const groups = options.groups.map(({ count, size }) => `${count}x${size}`).join(',');
  return [
    ['at', options.url === undefined ? 'the embedded runtime' : url],
    ['users', String(options.users)],
    ['groups', groups === '' ? 'none' : groups],
    ['conversations of two', String(options.directs)],
    ['messages a second', String(options.rate)],
    ['for', durationText(options.durationMs)],
    ['seed', String(options.seed)],
  ];
}
