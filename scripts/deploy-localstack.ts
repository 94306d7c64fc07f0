/**
 * `npm run deploy:localstack [-- --assembly <directory>]`: deploys the stage `localstack` to an emulator of AWS, as it is
 * here or as it was synthesized before.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCdk } from './deploying/cdk.ts';
import { addressesOnEmulator, checkEmulator, emulatorEnvironment } from './deploying/emulator.ts';
import { type Addresses, addressesIn, describeAddresses } from './deploying/outputs.ts';
import { synth } from './synth.ts';

/** Bootstraps where that was not done, deploys an assembly of the stage, and tells where it is reached. */
async function deploy(assembly: string): Promise<Addresses> {
  const run = (...given: string[]) =>
    runCdk({ program: 'cdklocal', assembly, arguments: given, environment: emulatorEnvironment });
  await run('bootstrap');

  const directory = mkdtempSync(join(tmpdir(), 'parley-deploy-'));
  const outputsFile = join(directory, 'outputs.json');
  try {
    // Without change sets, which emulators make only in part.
    const how = ['--method', 'direct', '--require-approval', 'never', '--outputs-file', outputsFile];
    await run('deploy', '--all', ...how);
    return addressesOnEmulator(addressesIn(outputsFile, 'localstack'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

try {
  const { values } = parseArgs({ options: { assembly: { type: 'string' } } });
  await checkEmulator();
  const assembly = values.assembly === undefined ? await synth('localstack') : resolve(values.assembly);
  const addresses = await deploy(assembly);
  console.log(`\nStage localstack is deployed.\n\n${describeAddresses(addresses)}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
