/** `npm run deploy:localstack`: deploys the stage `localstack` to an emulator of AWS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCdk } from './deploying/cdk.ts';
import { addressesOnEmulator, checkEmulator, emulatorEnvironment } from './deploying/emulator.ts';
import { type Addresses, addressesIn, describeAddresses } from './deploying/outputs.ts';
import { synth } from './synth.ts';

/** Bootstraps where that was not done, deploys an assembly of the stage `localstack`, and tells where it is reached. */
export async function deployToEmulator(assembly: string): Promise<Addresses> {
  await checkEmulator();
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

if (import.meta.main) {
  try {
    const addresses = await deployToEmulator(await synth('localstack'));
    console.log(`\nStage localstack is deployed.\n\n${describeAddresses(addresses)}\n`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
