/** `npm run loadtest` as its user runs it: on a runtime of its own, and against one that is there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Summary } from '../../scripts/load/summary.ts';

const projectRoot = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'parley-loadtest-'));
afterAll(() => rmSync(scratch, { recursive: true }));

type Run = { child: ChildProcess; output: () => string; ended: Promise<number | null> };

function loadtest(...options: string[]): Run {
  const child = spawn(process.execPath, ['scripts/loadtest.ts', ...options], { cwd: projectRoot });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  return { child, output: () => output, ended };
}

function summaryIn(folder: string): Summary {
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

test('measures, verifies and reports', { timeout: 180_000 }, async () => {
  const folder = join(scratch, 'whole');
  // Only messages that came back are changed, and on a busy machine the first one takes several seconds.
  const options =
    '--users 6 --groups 1x4 --dms 3 --rate 2 --changes 50 --duration 12s --seed 3 --report'.split(' ');
  const run = loadtest(...options, folder);
  const code = await run.ended;
  expect(code, run.output()).toBe(0);
  expect(run.output()).toMatch(/^ +\d+ s {2}sent \d+ \(\d+\/s\) .* connected 6\/6$/m);
  expect(run.output()).toMatch(/^send → other member +\d+ +[\d.]+ ms/m);
  const summary = summaryIn(folder);
  expect(summary).toMatchObject({
    passed: true,
    totals: { users: 6, conversations: 4, sent: 24, stored: 24 },
  });
  expect(run.output()).toMatch(/^change → ack +\d+ +[\d.]+ ms/m);
  expect(summary.changes?.totals['acknowledged']).toBeGreaterThan(0);
  expect(summary.verdict.checks.map(({ name }) => name)).toContain(
    'each changed message is as the acknowledged changes left it',
  );
  expect(summary.verdict.checks.map(({ checked }) => checked > 0)).not.toContain(false);
  const [page = ''] = readdirSync(folder).filter((name) => name.endsWith('.html'));
  const html = readFileSync(join(folder, page), 'utf8');
  expect(html).toContain('<svg');
  expect(html).toContain('Changes to messages');
  expect(html, 'needs nothing from elsewhere').not.toMatch(/(?:src|href)=|@import|url\(|<script/);
});

test('changes nothing where it is told so', { timeout: 180_000 }, async () => {
  const folder = join(scratch, 'unchanged');
  const run = loadtest(
    ...'--users 4 --rate 10 --duration 2s --seed 3 --changes 0 --report'.split(' '),
    folder,
  );
  expect(await run.ended, run.output()).toBe(0);
  expect(run.output()).not.toContain('change →');
  expect(summaryIn(folder).changes).toBeUndefined();
});

test('Ctrl-C ends the sending; what was sent is verified and reported', { timeout: 180_000 }, async () => {
  const folder = join(scratch, 'interrupted');
  const run = loadtest(...'--users 4 --rate 4 --duration 10m --report'.split(' '), folder);
  await new Promise<void>((resolve) => {
    run.child.stdout?.on('data', () => {
      if (/received [1-9]/.test(run.output())) resolve();
    });
  });
  run.child.kill('SIGINT');
  expect(await run.ended, run.output()).toBe(0);
  const { interrupted, passed, totals } = summaryIn(folder);
  expect({ interrupted, passed }).toEqual({ interrupted: true, passed: true });
  expect(totals['stored']).toBe(totals['sent']);
  expect(run.output()).toContain('The run was interrupted');
});

test('says in one line what is wrong with its options, and explains them', async () => {
  const wrong = loadtest('--users', 'many');
  expect(await wrong.ended).toBe(1);
  expect(wrong.output()).toBe(
    '--users is a whole number from 2 to 5000, not "many". See npm run loadtest -- --help.\n',
  );
  const help = loadtest('--help');
  expect(await help.ended).toBe(0);
  expect(help.output()).toMatch(/--groups SPEC[\s\S]*--url URL/);
});
