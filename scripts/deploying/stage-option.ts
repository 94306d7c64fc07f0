/** The stage that a command line names, where it is one for an AWS account. */
import { type StageName, stageNames, stageSettings } from '../../infra/stages.ts';

export function deployableStage(given: string | undefined, command: 'deploy' | 'destroy'): StageName {
  const deployable = stageNames.filter(
    (stage) => stage !== 'local' && stageSettings(stage).emulated === false,
  );
  if (given === undefined) {
    throw new Error(`Which stage? \`npm run ${command} -- --stage ${deployable.join('|')}\``);
  }
  const { stage, emulated } = stageSettings(given);
  if (stage === 'local') throw new Error('Stage "local" is what `npm start` runs: it is for no AWS account.');
  if (emulated !== false) {
    throw new Error(`Stage "${stage}" is for emulators of AWS: \`npm run ${command}:localstack\``);
  }
  return stage;
}
