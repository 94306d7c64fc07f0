import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FanOutJob, mergedRanges, type Range, rangesOf, subjectOf } from './fan-out-job.ts';

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

const messages = { version: 1 as const, conversationId: 'cnv_1', bucket: 0, fromSeq: 2, toSeq: 3 };
const changes = { version: 1 as const, conversationId: 'cnv_1', bucket: 15, fromRevision: 4, toRevision: 5 };

test('a job is of messages or of changes, for one of 16 buckets', () => {
  expect(v.parse(FanOutJob, { ...messages, later: true })).toEqual(messages);
  expect(v.parse(FanOutJob, { ...messages, acceptedAt: 7 })).toEqual({ ...messages, acceptedAt: 7 });
  expect(v.parse(FanOutJob, changes)).toEqual(changes);
  for (const whole of [messages, changes]) {
    for (const name of Object.keys(whole))
      expect(v.is(FanOutJob, { ...whole, [name]: undefined })).toBe(false);
    for (const wrong of [{ version: 2 }, { bucket: -1 }, { bucket: 16 }, { bucket: 1.5 }]) {
      expect(v.is(FanOutJob, { ...whole, ...wrong }), JSON.stringify(wrong)).toBe(false);
    }
  }
});

test('a job says what it is about', () => {
  expect([subjectOf(messages), subjectOf(changes)]).toEqual(['messages 2 to 3', 'changes 4 to 5']);
});
