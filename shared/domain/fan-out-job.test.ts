import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergedRanges, rangesOf, type SeqRange } from './fan-out-job.ts';

const numbersIn = (ranges: SeqRange[]) =>
  ranges.flatMap(({ fromSeq, toSeq }) =>
    Array.from({ length: toSeq - fromSeq + 1 }, (_, index) => fromSeq + index),
  );

test('ranges hold exactly what they were made of, in order, and no two of them touch', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (seqs) => {
      const ranges = rangesOf(seqs);
      expect(numbersIn(ranges)).toEqual([...new Set(seqs)].sort((one, other) => one - other));
      for (const [index, range] of ranges.entries()) {
        expect(range.fromSeq).toBeGreaterThan((ranges[index - 1]?.toSeq ?? -1) + 1);
      }
    }),
  );
});

test('ranges that overlap or touch become one', () => {
  const ranges = [
    { fromSeq: 5, toSeq: 6 },
    { fromSeq: 1, toSeq: 2 },
    { fromSeq: 3, toSeq: 3 },
    { fromSeq: 9, toSeq: 9 },
    { fromSeq: 5, toSeq: 5 },
  ];
  expect(mergedRanges(ranges)).toEqual([
    { fromSeq: 1, toSeq: 3 },
    { fromSeq: 5, toSeq: 6 },
    { fromSeq: 9, toSeq: 9 },
  ]);
});
