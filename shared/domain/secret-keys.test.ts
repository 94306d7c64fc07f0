import * as v from 'valibot';
import { expect, test } from 'vitest';
import { acceptedKeys, Keys, previousKeyEndsAt } from './secret-keys.ts';

const rotatedAt = '2026-11-24T10:00:00.000Z';
const longAfter = Date.parse('2030-01-01T00:00:00.000Z');

test('the key before is accepted until the last token of it has ended', () => {
  const keys = { current: 'new', previous: 'old', rotatedAt };
  // A token lives 12 hours. A function may sign with the old key for five minutes more, and clocks differ by a minute.
  const ends = Date.parse('2026-11-24T22:06:00.000Z');
  expect(previousKeyEndsAt(rotatedAt)).toBe(ends);
  expect(acceptedKeys(keys, ends - 1)).toEqual(['new', 'old']);
  expect(acceptedKeys(keys, ends)).toEqual(['new']);
});

test('a key before of an unknown age is not accepted', () => {
  expect(acceptedKeys({ current: 'new', previous: 'old' }, 0)).toEqual(['new']);
});

test('the next key is accepted before it signs', () => {
  const keys = { current: 'now', previous: 'next', promoteAt: rotatedAt };
  expect(acceptedKeys(keys, longAfter)).toEqual(['now', 'next']);
});

test('without another key, one is accepted', () => {
  expect(acceptedKeys({ current: 'only' }, 0)).toEqual(['only']);
  expect(acceptedKeys({ current: 'only', promoteAt: rotatedAt, rotatedAt }, 0)).toEqual(['only']);
});

test('a secret needs a key, and times in it that cannot be read count as missing', () => {
  const whole = { current: 'new', previous: 'old', promoteAt: rotatedAt, rotatedAt };
  expect(v.parse(Keys, whole)).toEqual(whole);
  expect(v.parse(Keys, { current: 'new' })).toEqual({ current: 'new' });
  for (const time of ['yesterday', 7, null]) {
    const read = v.parse(Keys, { ...whole, promoteAt: time, rotatedAt: time });
    expect(read).toEqual({ current: 'new', previous: 'old' });
  }
  for (const wrong of [{ current: undefined }, { current: 7 }, { previous: 7 }]) {
    expect(v.is(Keys, { ...whole, ...wrong })).toBe(false);
  }
});
