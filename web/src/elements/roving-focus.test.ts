import { expect, test } from 'vitest';
import { nextIndex } from './roving-focus.ts';

test.each([
  ['ArrowDown', 0, 3, false, 1],
  ['ArrowDown', 2, 3, false, 2],
  ['ArrowDown', 2, 3, true, 0],
  ['ArrowDown', -1, 3, false, 0],
  ['ArrowUp', 0, 3, false, 0],
  ['ArrowUp', 0, 3, true, 2],
  ['ArrowUp', -1, 3, false, 2],
  ['Home', 2, 3, false, 0],
  ['End', 0, 3, false, 2],
  ['Enter', 0, 3, false, undefined],
  ['ArrowDown', -1, 0, true, undefined],
] as const)('%s at %i of %i, wrapping: %s', (key, current, count, wrap, expected) => {
  expect(nextIndex(key, current, count, wrap)).toBe(expected);
});
