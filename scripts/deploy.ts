/**
 * `npm run deploy -- --stage dev [--yes] [--account name:password …] [--token … …]`: checks the account, builds, shows what
 * will change, deploys, and tries the deployment. docs/deploying.md has the rest.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type StageName, stageSettings } from '../infra/stages.ts';
import { checkAnswers } from './deploying/answers.ts';
import { runCdk } from './deploying/cdk.ts';
import { confirm } from './deploying/confirm.ts';
import { type Addresses, addressesIn, describeAddresses } from './deploying/outputs.ts';
import { smokeTest } from './deploying/smoke-test.ts';
import { deployableStage } from './deploying/stage-option.ts';
import { checkBootstrap, findTarget } from './deploying/target.ts';
import { synth } from './synth.ts';

async function deploy(stage: StageName, withoutAsking: boolean): Promise<Addresses> {
  const target = await findTarget(stageSettings(stage));
  console.log(`Stage ${stage} goes to account ${target.account}, region ${target.region}.`);
  const environment = { AWS_REGION: target.region };
  const assembly = await synth(stage);
  await checkBootstrap(target, assembly);

  await runCdk({ assembly, arguments: ['diff', '--all'], environment });
  if (!withoutAsking) await confirm({ text: 'Deploy this? Type "yes" to go on: ', answer: 'yes' });

  const directory = mkdtempSync(join(tmpdir(), 'parley-deploy-'));
  const outputsFile = join(directory, 'outputs.json');
  try {
    // The difference, rights included, was shown and agreed to.
    const options = ['--all', '--require-approval', 'never', '--outputs-file', outputsFile];
    await runCdk({ assembly, arguments: ['deploy', ...options], environment });
    return addressesIn(outputsFile, stage);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

try {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string' },
      yes: { type: 'boolean', default: false },
      account: { type: 'string', multiple: true, default: [] },
      token: { type: 'string', multiple: true, default: [] },
    },
  });
  const stage = deployableStage(values.stage, 'deploy');
  const addresses = await deploy(stage, values.yes);
  console.log(`\nStage ${stage} is deployed.\n\n${describeAddresses(addresses)}\n`);
  await checkAnswers(addresses);
  await smokeTest(addresses, stageSettings(stage), values);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
