import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergedRanges, type Range, rangesOf } from './fan-out-job.ts';

const numbersIn = (ranges: Range[]) =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

test('ranges hold exactly what they were made of, in order, and no two of them touch', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (seqs) => {
      const ranges = rangesOf(seqs);
      expect(numbersIn(ranges)).toEqual([...new Set(seqs)].sort((one, other) => one - other));
      for (const [index, range] of ranges.entries()) {
        expect(range.from).toBeGreaterThan((ranges[index - 1]?.to ?? -1) + 1);
      }
    }),
  );
});

test('ranges that overlap or touch become one', () => {
  const ranges = [
    { from: 5, to: 6 },
    { from: 1, to: 2 },
    { from: 3, to: 3 },
    { from: 9, to: 9 },
    { from: 5, to: 5 },
  ];
  expect(mergedRanges(ranges)).toEqual([
    { from: 1, to: 3 },
    { from: 5, to: 6 },
    { from: 9, to: 9 },
  ]);
});
