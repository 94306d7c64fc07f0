/** `npm run conformance`: tries docs/protocol.md against any deployment. */
import { writeFileSync } from 'node:fs';
import { Cast } from './conformance/cast.ts';
import { type ConformanceOptions, parseOptions, UsageError, usage } from './conformance/options.ts';
import { lineOf, markdownOf, reportOf, summaryOf } from './conformance/report.ts';
import { requirements } from './conformance/requirements.ts';
import { runRequirements } from './conformance/run.ts';

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) console.log(usage);
  else process.exitCode = (await conformance(options)) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message} See npm run conformance -- --help.`);
  process.exitCode = 1;
}

async function conformance({
  target,
  given,
  smoke,
  strict,
  only,
  report,
}: ConformanceOptions): Promise<boolean> {
  const asked = requirements
    .filter((requirement) => !smoke || requirement.smoke)
    .filter(({ id }) => only.length === 0 || only.some((prefix) => id.startsWith(prefix)));
  if (asked.length === 0) throw new UsageError('No requirement has such an id.');
  const at = new Date();
  const cast = new Cast(target, given);
  const outcomes = await runRequirements(asked, cast, (outcome) => console.log(lineOf(outcome)));
  await cast.leave();
  const result = reportOf(target, outcomes, { at, strict });
  console.log(`\n${summaryOf(result)}`);
  if (report !== undefined) {
    writeFileSync(report, `${JSON.stringify(result, null, 2)}\n`);
    writeFileSync(report.replace(/(\.json)?$/, '.md'), markdownOf(result));
  }
  return result.passed;
}
