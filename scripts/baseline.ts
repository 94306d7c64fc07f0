/**
 * `npm run baseline [-- --accept-losses]`: writes down what the stages must keep, once a release is made.
 * tests/infra/baseline.test.ts holds every later commit to it: see "Upgrading" in docs/deploying.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stageNames, stageSettings } from '../infra/stages.ts';
import { lossesBetween } from './baseline/compare.ts';
import { type Kept, keptIn } from './baseline/kept-resources.ts';
import { synth } from './synth.ts';

const path = join(import.meta.dirname, '../infra/baseline.json');

/** By stage. */
export type Baseline = Record<string, Kept>;

export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Those that are deployed to AWS, where something is to be kept. */
export const keptStages = stageNames.filter(
  (stage) => stage !== 'local' && stageSettings(stage).emulated === false,
);

async function main(acceptLosses: boolean): Promise<void> {
  const now: Baseline = {};
  for (const stage of keptStages) now[stage] = keptIn(await synth(stage));
  const before = existsSync(path) ? readBaseline() : {};
  const losses = Object.entries(before).flatMap(([stage, kept]) =>
    lossesBetween(kept, now[stage] ?? {}).map((loss) => `Stage ${stage}: ${loss}`),
  );
  if (losses.length > 0 && !acceptLosses) {
    throw new Error(
      [
        ...losses,
        'Nothing was written. If no deployment of the last release matters: -- --accept-losses',
      ].join('\n'),
    );
  }
  writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({ options: { 'accept-losses': { type: 'boolean', default: false } } });
    await main(values['accept-losses']);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
