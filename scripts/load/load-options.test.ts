import { expect, test } from 'vitest';
import { parseLoadOptions } from './load-options.ts';

const draw = { seed: 5, word: 'abc' };
const parse = (...args: string[]) => parseLoadOptions(args, draw);

test('has a default for everything', () => {
  expect(parse()).toMatchObject({
    users: 20,
    groups: [],
    directs: 10,
    rate: 10,
    changes: 10,
    durationMs: 30_000,
    seed: 5,
    url: undefined,
    name: 'load-abc',
  });
});

test('reads groups, durations and addresses', () => {
  const args =
    '--users 200 --groups 10x20,1x200 --dms 0 --rate 2.5 --duration 5m --url https://host/v1/ --ws wss://ws/v1';
  expect(parse(...args.split(' '))).toMatchObject({
    groups: [
      { count: 10, size: 20 },
      { count: 1, size: 200 },
    ],
    directs: 0,
    rate: 2.5,
    durationMs: 300_000,
    url: 'https://host',
    webSocketUrl: 'wss://ws/v1',
  });
});

test('answers undefined where help is asked for', () => {
  expect(parse('--help')).toBeUndefined();
});

test.each([
  ['--users 1', /^--users is a whole number from 2 to 5000, not "1"/],
  ['--users 6000', /^--users is a whole number from 2 to 5000/],
  ['--rate 0', /^--rate is a number from 0.1 to 1000, not "0"/],
  ['--duration 30', /^--duration is a duration from 1s to 1h, such as 30s or 5m, not "30"/],
  ['--duration 2h', /^--duration is a duration from 1s to 1h/],
  ['--groups 3x30', /^--groups is a list .* with 2 to 20 members \(as many as --users\), not "3x30"/],
  ['--groups many', /^--groups is a list/],
  ['--dms 0', /^Nobody can talk/],
  ['--dms 191', /^--dms is a whole number from 0 to 190/],
  [
    '--rate 161 --changes 0',
    /^161 messages per second are more than 8 for each of the 20 users who can talk/,
  ],
  ['--rate 150', /^150 messages per second, with 10 changes for each 100, are more than 8 for each/],
  ['--changes 101', /^--changes is a whole number from 0 to 100, not "101"/],
  ['--users 5000 --groups 30x5000 --dms 0 --rate 100', /deliveries are more than the 5000000/],
  ['--users 5000 --groups 9000x2,9000x2 --dms 9000', /^27000 conversations are too many: at most 20000/],
  ['--ws ws://here', /^--ws belongs to a deployment/],
  ['--url ftp://here', /^--url begins with http:\/\/ or https:\/\//],
  ['--name Ann --password secret-words', /^--name is 1 to 26 characters/],
  ['--name ann', /^--name needs the --password/],
  ['--usres 5', /--usres/],
])('refuses %s', (args, words) => {
  expect(() => parse(...args.split(' '))).toThrow(words);
});
