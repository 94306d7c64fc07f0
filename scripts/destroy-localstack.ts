/** `npm run destroy:localstack`: removes the stage `localstack` from an emulator of AWS, with all it holds. */
import { runCdk } from './deploying/cdk.ts';
import { checkEmulator, emulatorEnvironment } from './deploying/emulator.ts';
import { synth } from './synth.ts';

try {
  await checkEmulator();
  const assembly = await synth('localstack');
  await runCdk({
    program: 'cdklocal',
    assembly,
    arguments: ['destroy', '--all', '--force'],
    environment: emulatorEnvironment,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
