/** `npm run destroy -- --stage dev [--yes]`: removes a deployment, and says what is lost and what stays. */
import { parseArgs } from 'node:util';
import { type StageName, stageSettings } from '../infra/stages.ts';
import { runCdk } from './deploying/cdk.ts';
import { confirm } from './deploying/confirm.ts';
import { emptyBucketsOf } from './deploying/empty-buckets.ts';
import { deployableStage } from './deploying/stage-option.ts';
import { findTarget } from './deploying/target.ts';
import { synth } from './synth.ts';

/** In the order in which they depend on each other. */
function stacksToDestroy(stage: StageName): string[] {
  const { web, protectData } = stageSettings(stage);
  return [...(web === false ? [] : ['ParleyWeb']), 'ParleyService', ...(protectData ? [] : ['ParleyData'])];
}

async function destroy(stage: StageName, withoutAsking: boolean): Promise<void> {
  const { protectData } = stageSettings(stage);
  const { account, region } = await findTarget(stageSettings(stage));
  const stacks = stacksToDestroy(stage);
  console.log(`Stage ${stage} in account ${account}, region ${region}.`);
  console.log(`Goes: ${stacks.map((stack) => `${stack}-${stage}`).join(', ')}.`);
  console.log(
    protectData
      ? `Stays: ParleyData-${stage} with all accounts and messages, since the stage has "protectData". Deploying again goes on with them.`
      : 'ALL ACCOUNTS AND MESSAGES of this stage go with it, and cannot be brought back.',
  );
  console.log(
    "Stays: the account's log role of API Gateway, and the CDK's own stack CDKToolkit; other stacks use them too.",
  );
  if (!withoutAsking) await confirm({ text: `Type the name of the stage to go on: `, answer: stage });

  const assembly = await synth(stage);
  // CloudFormation deletes no bucket that holds something.
  for (const stack of stacks) await emptyBucketsOf(`${stack}-${stage}`, region);
  await runCdk({
    assembly,
    arguments: ['destroy', ...stacks, '--exclusively', '--force'],
    environment: { AWS_REGION: region },
  });
}

try {
  const { values } = parseArgs({
    options: { stage: { type: 'string' }, yes: { type: 'boolean', default: false } },
  });
  const stage = deployableStage(values.stage, 'destroy');
  await destroy(stage, values.yes);
  console.log(`\nStage ${stage} is gone.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
