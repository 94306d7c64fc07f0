import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CachedRateBuckets } from '../../lambdas/stores/rate-bucket-cache.ts';
import type { RateBuckets } from '../../lambdas/stores/rate-limit-store.ts';
import { RedisServer } from '../../scripts/chaos/redis-server.ts';
import { rateBucketsContract } from '../contracts/rate-buckets.ts';
import { PatientCache } from './support/patient-cache.ts';

const bucket = { perSecond: 10, burst: 5 };

class UnusedTable implements RateBuckets {
  async takeFromBucket(): Promise<number> {
    throw new Error('The cache answers while it can');
  }
}

let server: RedisServer;
let cache: PatientCache;
beforeAll(async () => {
  server = await RedisServer.start();
  cache = new PatientCache(server.client());
});
afterAll(async () => {
  cache.close();
  await server.kill();
});

rateBucketsContract('the cache', () => new CachedRateBuckets(new UnusedTable(), cache));

test('a bucket is forgotten soon after it is full again', async () => {
  const key = randomUUID();
  await new CachedRateBuckets(new UnusedTable(), cache).takeFromBucket(key, bucket, Date.now());
  const left = await cache.client.pttl(`rate:{${key}}`);
  expect(left).toBeGreaterThan(100);
  expect(left).toBeLessThanOrEqual(1_100);
});

test('without the cache the table limits', async () => {
  const taken: string[] = [];
  const table: RateBuckets = {
    async takeFromBucket(key) {
      taken.push(key);
      return 250;
    },
  };
  const silent = { attempt: async () => undefined, insist: async () => undefined };
  expect(await new CachedRateBuckets(table, silent).takeFromBucket('one', bucket, Date.now())).toBe(250);
  expect(taken).toEqual(['one']);
});
