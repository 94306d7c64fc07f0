import { buildWeb } from '../../../scripts/build-web.ts';
import { synth } from '../../../scripts/synth.ts';

/** The functions, the template and the web client, once per run. */
export default async function globalSetup(): Promise<void> {
  await synth('local');
  await buildWeb();
}
