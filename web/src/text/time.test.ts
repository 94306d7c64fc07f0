import { expect, test } from 'vitest';
import { briefTime, dayName, lastSeen } from './time.ts';

const at = (text: string) => new Date(`${text}`).getTime();
const now = at('2026-11-24T12:00:00');

test.each([
  ['2026-11-24T11:59:40', 'now'],
  ['2026-11-24T12:00:30', 'now'], // The server's clock may be ahead.
  ['2026-11-24T11:55:00', '5 min'],
  ['2026-11-24T09:05:00', /9:05/],
  ['2026-11-23T23:00:00', /^Mon/],
  ['2026-11-10T23:00:00', /10/],
  ['2024-11-10T23:00:00', /2024/],
])('the inbox shows %s as %s', (time, words) => {
  expect(briefTime(at(time), now)).toMatch(words);
});

test.each([
  ['2026-11-24T00:00:01', 'Today'],
  ['2026-11-23T23:59:59', 'Yesterday'],
  ['2026-11-20T12:00:00', 'Friday'],
  ['2026-11-17T12:00:00', /17/],
])('the day of %s is called %s', (time, words) => {
  expect(dayName(at(time), now)).toMatch(words);
});

test.each([
  ['2026-11-24T12:00:10', 'last seen just now'],
  ['2026-11-24T11:48:00', 'last seen 12 min ago'],
  ['2026-11-24T09:05:00', /^last seen at .*9:05/],
  ['2026-11-23T23:59:59', /^last seen yesterday at .*:59/],
  ['2026-11-10T12:00:00', /^last seen on .*10/],
  ['2024-11-10T12:00:00', /^last seen on .*2024/],
])('somebody who left at %s was %s', (time, words) => {
  expect(lastSeen(at(time), now)).toMatch(words);
});
