import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const projectRoot = join(import.meta.dirname, '../..');
const page = readFileSync(join(projectRoot, 'docs/security.md'), 'utf8');

const states = ['Met', 'Partly', 'Not met', 'Deployer', 'N/A'] as const;

/** Requirements of levels 1 and 2 of ASVS 5.0.0, by level. */
const inAll = { 1: 70, 2: 183 };

/** `V1.2.6 to V1.2.8 (3) | 2 | … | N/A | …`: a range counts as many as it says. */
const rows = [
  ...page.matchAll(
    /^\| (V[\d.]+)(?: to (V[\d.]+) \((\d+)\))? \| ([12](?: and 2)?) \| (.*?) \| (.*?) \| (.*) \|$/gm,
  ),
].map(([, first = '', last, count = '1', level = '', , state = '', where = '']) => ({
  first,
  last: last ?? first,
  count: Number(count),
  level,
  state,
  where,
}));

function place(number: string): number {
  const [chapter = 0, section = 0, requirement = 0] = number.slice(1).split('.').map(Number);
  return chapter * 10_000 + section * 100 + requirement;
}

test('the table has every requirement of levels 1 and 2 once, in order', () => {
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(inAll[1] + inAll[2]);
  let before = 0;
  for (const { first, last } of rows) {
    expect(place(first), first).toBeGreaterThan(before);
    expect(place(last), last).toBeGreaterThanOrEqual(place(first));
    before = place(last);
  }
});

test('each has a state that is explained, and says where or why', () => {
  for (const { first, state, where } of rows) {
    expect(states, first).toContain(state);
    expect(where, first).toMatch(/\w/);
  }
});

test('the summary counts what the table says', () => {
  const summed = states.map((state) => {
    const [, one = '', two = ''] =
      new RegExp(`^\\| ${state} \\| (\\d+) \\| (\\d+) \\|$`, 'm').exec(page) ?? [];
    const counted = rows.filter((row) => row.state === state).reduce((sum, { count }) => sum + count, 0);
    expect(Number(one) + Number(two), state).toBe(counted);
    return [Number(one), Number(two)];
  });
  expect(summed.map(([one = 0]) => one).reduce((sum, one) => sum + one)).toBe(inAll[1]);
  expect(summed.map(([, two = 0]) => two).reduce((sum, two) => sum + two)).toBe(inAll[2]);
});

test('files that it names are there', () => {
  const named = [
    ...page.matchAll(/`((?:client|docs|infra|lambdas|local|scripts|shared|tests|web)\/[\w./-]+)`/g),
  ];
  expect(named.length).toBeGreaterThan(50);
  for (const [, path = ''] of named) expect(existsSync(join(projectRoot, path)), path).toBe(true);
});
