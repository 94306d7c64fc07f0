import { expect, test } from 'vitest';
import { type GridPlace, nextPlace } from './roving-focus.ts';

const at = (row: number, column = 0): GridPlace => ({ row, column });
/** Rows of these many elements. */
const rowsOf = (...widths: number[]) => widths.map((length) => ({ length }));
const list = rowsOf(1, 1, 1);
const menu = rowsOf(4, 1, 1);

test.each([
  ['ArrowDown', at(0), list, false, at(1)],
  ['ArrowDown', at(2), list, false, at(2)],
  ['ArrowDown', at(2), list, true, at(0)],
  ['ArrowDown', undefined, list, false, at(0)],
  ['ArrowUp', at(0), list, false, at(0)],
  ['ArrowUp', at(0), list, true, at(2)],
  ['ArrowUp', undefined, list, false, at(2)],
  ['Home', at(2), list, false, at(0)],
  ['End', at(0), list, false, at(2)],
  ['Enter', at(0), list, false, undefined],
  ['ArrowRight', at(0), list, true, undefined],
  ['ArrowDown', undefined, rowsOf(), true, undefined],
  ['ArrowRight', at(0, 1), menu, true, at(0, 2)],
  ['ArrowRight', at(0, 3), menu, true, at(0, 0)],
  ['ArrowRight', at(0, 3), menu, false, at(0, 3)],
  ['ArrowLeft', at(0, 0), menu, true, at(0, 3)],
  ['ArrowDown', at(0, 2), menu, true, at(1, 0)],
  ['ArrowUp', at(0, 2), menu, true, at(2, 0)],
  ['ArrowDown', at(0, 3), rowsOf(4, 2), false, at(1, 1)],
  ['End', at(0), rowsOf(4, 2), false, at(1, 1)],
] as const)('%s at %o of %o, wrapping: %s', (key, current, rows, wrap, expected) => {
  expect(nextPlace(key, current, rows, wrap)).toEqual(expected);
});
