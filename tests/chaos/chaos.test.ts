/** `npm run chaos` for a minute, as its user runs it. The seed fixes the plan; what the machine makes of it differs each time. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { faultKinds } from '../../scripts/chaos/plan.ts';
import type { Summary } from '../../scripts/load/summary.ts';

const projectRoot = join(import.meta.dirname, '../..');
const reports = mkdtempSync(join(tmpdir(), 'parley-chaos-test-'));
afterAll(() => rmSync(reports, { recursive: true }));

/** As for the tests of the cache: vitest.config.ts. */
const withoutCache = process.env['PARLEY_NO_CACHE'] ? ['--no-cache'] : [];

function chaos(...options: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/chaos.ts', ...options], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return { status, output: stdout + stderr };
}

test('every message is stored and received once, in order, and everybody has what became of it, through a minute of faults', {
  timeout: 420_000,
}, () => {
  const options = '--seed 5 --duration 60s --users 14 --groups 2x5,1x8 --rate 5 --changes 30 --report';
  const { status, output } = chaos(...options.split(' '), reports, ...withoutCache);
  expect(status, output).toBe(0);
  const [file = ''] = readdirSync(reports).filter((name) => name.endsWith('.json'));
  const { verdict, totals, changes, faults }: Summary = JSON.parse(readFileSync(join(reports, file), 'utf8'));
  expect(verdict.passed).toBe(true);
  expect(totals['stored']).toBeGreaterThanOrEqual(300);
  expect(changes?.totals['acknowledged']).toBeGreaterThanOrEqual(30);
  expect(verdict.checks.map(({ name }) => name)).toContain(
    'each member has the changed messages as the server has them',
  );
  const kinds = Object.keys(faultKinds).filter((kind) => kind !== 'cache' || withoutCache.length === 0);
  expect(faults?.counts.map(({ kind }) => kind)).toEqual(kinds.sort());
  expect(faults?.counts.filter(({ happened }) => happened === 0)).toEqual([]);
});

test('prints the same plan for the same seed, and runs nothing', () => {
  const plan = () => chaos('--seed', '5', '--plan');
  expect(plan()).toEqual(plan());
  expect(plan().output).toMatch(/^ +\d+\.\d s {2}kill: down for \d\.\d s$/m);
  expect(chaos('--seed', '6', '--plan').output).not.toBe(plan().output);
});

test('says in one line what is wrong with its options', () => {
  expect(chaos('--faults', 'kill,flood')).toEqual({
    status: 1,
    output: expect.stringMatching(
      /^--faults is a list of kill, .*, not "kill,flood"\. See npm run chaos -- --help\.\n$/,
    ),
  });
});
