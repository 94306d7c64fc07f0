import { stageNames } from '../../infra/stages.ts';
import { synth } from '../../scripts/synth.ts';

/** Bundles the functions and synthesizes every stage, once per run; what is current already is left as it is. */
export default async function globalSetup(): Promise<void> {
  for (const stage of stageNames) await synth(stage);
}
