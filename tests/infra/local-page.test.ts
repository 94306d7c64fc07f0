import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stageNames } from '../../infra/stages.ts';

const projectRoot = join(import.meta.dirname, '../..');

function filesWith(directory: string, ending: string): string[] {
  return readdirSync(join(projectRoot, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(projectRoot, directory, name));
}

test.each(stageNames)('nothing that stage %s deploys knows of the local page', (stage) => {
  const templates = filesWith(`cdk.out/${stage}`, '.template.json');
  const bundles = filesWith('dist/lambdas', 'index.mjs');
  expect(templates.length).toBeGreaterThan(1);
  expect(bundles.length).toBeGreaterThan(5);
  for (const path of [...templates, ...bundles]) {
    // "_local" as the beginning of a path, which the page and its endpoints have.
    expect(readFileSync(path, 'utf8').includes('/_local'), path).toBe(false);
  }
});
