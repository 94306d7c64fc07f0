import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { Content } from '../../../shared/protocol/values.ts';
import { lengthProblem, sendable } from './sendable-text.ts';

test('whatever is typed becomes what the protocol takes, or is held back with a reason', () => {
  const typed = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary', minLength: 3000, maxLength: 9000 }),
    fc.string({
      unit: fc.constantFrom('a', ' ', '\u0301', '\u0323', '\u0344'),
      minLength: 25,
      maxLength: 80,
    }),
  );
  fc.assert(
    fc.property(typed, (text) => {
      const ready = sendable(text);
      const isAllowed = ready !== '' && lengthProblem(ready)?.isTooLong !== true;
      expect(v.safeParse(Content, ready).success).toBe(isAllowed);
    }),
    { numRuns: 200 },
  );
});

test('a stack of marks is held back, and not normalized, which takes seconds', () => {
  const stack = `Z${'\u0300\u0316\u0321\u0334'.repeat(8)}`;
  expect(sendable(stack)).toBe(stack);
  expect(lengthProblem(stack)).toEqual({ words: 'Too many marks on one letter', isTooLong: true });
});

test('a run of blank space inside is gone through once, and not from each of its places', () => {
  const replace = vi.spyOn(String.prototype, 'replace');
  const text = `a${' '.repeat(1_000)}b`;
  expect(sendable(text)).toBe(text);
  const patterns = replace.mock.calls.map(([pattern]) => String(pattern));
  replace.mockRestore();
  // An expression that only the end can settle is tried again from each blank.
  expect(patterns.filter((pattern) => /[+*]\$/.test(pattern))).toEqual([]);
});

test('lines and indents inside stay, blank space around goes', () => {
  expect(sendable('\n  one\n\ttwo  \r\nthree \n\n')).toBe('  one\n\ttwo  \nthree');
  expect(sendable(' \n\t ')).toBe('');
});

test('the rest of the room is told near its end', () => {
  expect(lengthProblem('x'.repeat(7400))).toBeUndefined();
  expect(lengthProblem('x'.repeat(7990))).toEqual({ words: '10 characters left', isTooLong: false });
  expect(lengthProblem('x'.repeat(8001))).toEqual({ words: 'Too long by 1 characters', isTooLong: true });
  expect(lengthProblem('€'.repeat(6000))).toEqual({
    words: 'Too long: send it in two messages',
    isTooLong: true,
  });
});
