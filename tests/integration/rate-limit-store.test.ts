import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RateLimitStore } from '../../lambdas/stores/rate-limit-store.ts';
import { bucketTimes } from '../../shared/domain/rate-limit.ts';
import { World } from '../support/world.ts';

let world: World;
let store: RateLimitStore;
beforeAll(async () => {
  world = await World.open();
  store = world.container().stores.rateLimits;
});
afterAll(() => world.close());

const bucket = { perSecond: 10, burst: 5 };
const start = Date.parse('2026-01-01T00:00:00.000Z');

test('a bucket lets through what the model of a leaking bucket does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 400 }), { maxLength: 20 }), async (pauses) => {
      const key = randomUUID();
      const { intervalMs, toleranceMs } = bucketTimes(bucket);
      let now = start;
      let fullAt = 0;
      for (const pause of pauses) {
        now += pause;
        const wait = Math.max(fullAt, now) - now - toleranceMs;
        if (wait <= 0) fullAt = Math.max(fullAt, now) + intervalMs;
        expect(await store.takeFromBucket(key, bucket, now)).toBe(Math.max(wait, 0));
      }
    }),
    { numRuns: 50 },
  );
});

test('of many at once, exactly the burst gets through, and the wait told to the others is long enough', async () => {
  const key = randomUUID();
  const waits = await Promise.all(Array.from({ length: 12 }, () => store.takeFromBucket(key, bucket, start)));
  const refused = waits.filter((wait) => wait > 0);
  expect(refused).toHaveLength(12 - bucket.burst);
  expect(await store.takeFromBucket(key, bucket, start + Math.max(...refused))).toBe(0);
});

test('a window lets its count through, then nothing until it ends', async () => {
  const key = randomUUID();
  const window = { count: 3, seconds: 60 };
  const take = (afterMs: number) => store.takeFromWindow(key, window, start + afterMs);
  expect([await take(0), await take(10), await take(20)]).toEqual([0, 0, 0]);
  expect(await take(10_000)).toBe(50_000);
  expect(await take(59_999)).toBe(1);
  expect(await take(60_000)).toBe(0);
});

test('a window that many begin at once lets its count through', async () => {
  const key = randomUUID();
  const window = { count: 3, seconds: 60 };
  const waits = await Promise.all(Array.from({ length: 10 }, () => store.takeFromWindow(key, window, start)));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
});

test('what is forgotten begins anew', async () => {
  const key = randomUUID();
  const window = { count: 1, seconds: 60 };
  await store.takeFromWindow(key, window, start);
  await store.forget(key);
  expect(await store.takeFromWindow(key, window, start)).toBe(0);
});

test('a clock that was ahead for a moment locks nobody out once it is right again', async () => {
  const key = randomUUID();
  const tenMinutes = 600_000;
  for (let taken = 0; taken < bucket.burst; taken += 1)
    await store.takeFromBucket(key, bucket, start + tenMinutes);
  expect(await store.takeFromBucket(key, bucket, start)).toBe(0);
  // And the bucket holds again from there on.
  for (let taken = 1; taken < bucket.burst; taken += 1)
    expect(await store.takeFromBucket(key, bucket, start)).toBe(0);
  expect(await store.takeFromBucket(key, bucket, start)).toBeGreaterThan(0);
});

test('clocks that differ by less than a second share one bucket', async () => {
  const key = randomUUID();
  for (let taken = 0; taken < bucket.burst; taken += 1) await store.takeFromBucket(key, bucket, start + 900);
  expect(await store.takeFromBucket(key, bucket, start)).toBe(1_000);
});
