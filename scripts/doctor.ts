/** `npm run doctor [-- --stage <name> [--region <name>]]`: is this machine, or a deployed stage, in order, and if not, what to do? */
import { type Diagnosis, textOf } from './doctor/diagnosis.ts';
import { diagnoseMachine } from './doctor/local-machine.ts';
import { diagnoseStage } from './doctor/stage.ts';
import { givenOptions, UsageError } from './load/option-values.ts';

const usage = `npm run doctor [-- --stage <name> [--region <name>]]

Looks at this machine, or at a deployed stage, and says what to do. Exit code 1: something is broken.`;

async function diagnose(args: string[]): Promise<Diagnosis[] | undefined> {
  const { values, flags } = givenOptions(args, ['stage', 'region'], ['help']);
  if (flags.has('help')) return undefined;
  if (values.stage !== undefined) return diagnoseStage(values.stage, values.region);
  if (values.region !== undefined) throw new UsageError('--region goes with --stage.');
  return diagnoseMachine(process.env);
}

try {
  const diagnoses = await diagnose(process.argv.slice(2));
  for (const diagnosis of diagnoses ?? []) console.log(textOf(diagnosis));
  if (diagnoses === undefined) console.log(usage);
  else {
    const count = (state: Diagnosis['state']) => diagnoses.filter((one) => one.state === state).length;
    console.log(`\n${count('ok')} ok, ${count('warning')} warnings, ${count('failed')} failed.`);
    if (count('failed') > 0) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
