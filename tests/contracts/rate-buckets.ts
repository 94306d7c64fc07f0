import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RateBuckets } from '../../lambdas/stores/rate-limit-store.ts';
import { bucketTimes } from '../../shared/domain/rate-limit.ts';

/** What each implementation of {@link RateBuckets} does. */
export function rateBucketsContract(name: string, make: () => RateBuckets): void {
  describe(`${name} as rate buckets`, () => {
    const bucket = { perSecond: 10, burst: 5 };
    const start = Date.parse('2026-01-01T00:00:00.000Z');

    test('a bucket lets through what the model of a leaking bucket does', async () => {
      const buckets = make();
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
            expect(await buckets.takeFromBucket(key, bucket, now)).toBe(Math.max(wait, 0));
          }
        }),
        { numRuns: 50 },
      );
    });

    test('of many at once, exactly the burst gets through, and the wait told to the others is long enough', async () => {
      const buckets = make();
      const key = randomUUID();
      const waits = await Promise.all(
        Array.from({ length: 12 }, () => buckets.takeFromBucket(key, bucket, start)),
      );
      const refused = waits.filter((wait) => wait > 0);
      expect(refused).toHaveLength(12 - bucket.burst);
      expect(await buckets.takeFromBucket(key, bucket, start + Math.max(...refused))).toBe(0);
    });

    test('a clock that was ahead for a moment locks nobody out once it is right again', async () => {
      const buckets = make();
      const key = randomUUID();
      const tenMinutes = 600_000;
      for (let taken = 0; taken < bucket.burst; taken += 1)
        await buckets.takeFromBucket(key, bucket, start + tenMinutes);
      expect(await buckets.takeFromBucket(key, bucket, start)).toBe(0);
      // And the bucket holds again from there on.
      for (let taken = 1; taken < bucket.burst; taken += 1)
        expect(await buckets.takeFromBucket(key, bucket, start)).toBe(0);
      expect(await buckets.takeFromBucket(key, bucket, start)).toBeGreaterThan(0);
    });

    test('clocks that differ by less than a second share one bucket', async () => {
      const buckets = make();
      const key = randomUUID();
      for (let taken = 0; taken < bucket.burst; taken += 1)
        await buckets.takeFromBucket(key, bucket, start + 900);
      expect(await buckets.takeFromBucket(key, bucket, start)).toBe(1_000);
    });
  });
}
