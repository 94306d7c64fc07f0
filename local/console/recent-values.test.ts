import { expect, test } from 'vitest';
import { RecentValues } from './recent-values.ts';

const second = 1000;

test('counts, sums and percentiles are of the last minutes, the totals of all', () => {
  const values = new RecentValues();
  for (let value = 1; value <= 100; value += 1) values.add(value, 0);
  values.add(1000, 299 * second);
  expect(values.total).toBe(101);
  expect(values.sum).toBe(6050);
  expect(values.lastMinute('count', 299 * second)).toBe(1);
  expect(values.percentile(0.99, 299 * second)).toBe(100);
  expect(values.percentile(0.5, 0)).toBe(51);
  // The first hundred have left the window of five minutes.
  expect(values.percentile(0.5, 301 * second)).toBe(1000);
  expect(values.series('sum', 301 * second).buckets.filter((value) => value > 0)).toEqual([1000]);
});

test('without a value there is no percentile', () => {
  expect(new RecentValues().percentile(0.5, 0)).toBeUndefined();
});

test('many values need no more memory than some, and the newest ones count', () => {
  const values = new RecentValues();
  for (let value = 0; value < 10_000; value += 1) values.add(value, value);
  expect(values.total).toBe(10_000);
  expect(values.percentile(0.001, 10_000)).toBeGreaterThanOrEqual(8000);
});

test('a pause leaves empty buckets', () => {
  const values = new RecentValues();
  values.add(1, 0);
  values.add(1, 20 * second);
  expect(values.series('count', 20 * second).buckets.slice(-5)).toEqual([1, 0, 0, 0, 1]);
});
