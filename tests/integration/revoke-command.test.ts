/** `npm run rotate-secret -- --revoke`, against a running Parley. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Parley } from '../support/parley.ts';
import { runScript } from '../support/script.ts';

let parley: Parley;
beforeAll(async () => {
  parley = await Parley.start();
});
afterAll(() => parley?.close());

const rotate = (...options: string[]) =>
  runScript('rotate-secret.ts', options, { PARLEY_DATA: parley.runtime.dataDirectory });

/** Every secret of this machine's Parley, as it is kept. */
const secrets = () => readFile(join(parley.runtime.dataDirectory, 'secrets.json'), 'utf8');

test('a leaked key is gone at once, and the operator is told what that means', async () => {
  const before = await secrets();
  const outcome = await rotate('--revoke');
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(outcome.stdout).toMatch(/^Every token of .* is refused from \S+Z at the latest, .*npm run block/);
  expect(await secrets()).not.toBe(before);
});

test('revoking and forcing are not mixed up', async () => {
  const before = await secrets();
  expect(await rotate('--revoke', '--force')).toMatchObject({ code: 1, stdout: '' });
  expect(await secrets()).toBe(before);
});
