import { expect, test } from 'vitest';
import { bucketIdOf, bucketOfConnection, hasExactInboxRows } from './large-groups.ts';

test('inbox rows are exact in every group but a large one', () => {
  expect([hasExactInboxRows({}), hasExactInboxRows({ isLarge: true })]).toEqual([true, false]);
});

test('a connection is in the same one of 16 slices wherever it is asked for, and all slices are used', () => {
  // Where a subscription is stored outlives a deployment: another answer would leave it behind.
  expect(bucketOfConnection('connection')).toBe(6);
  const buckets = Array.from({ length: 500 }, (_, index) => bucketOfConnection(`connection ${index}`));
  expect([...new Set(buckets)].sort((one, other) => one - other)).toEqual(
    Array.from({ length: 16 }, (_, bucket) => bucket),
  );
  expect(bucketIdOf('cnv_1', 3)).toBe('cnv_1#3');
});
