import { type BucketSettings, bucketTimes } from '../../shared/domain/rate-limit.ts';
import type { Askable } from './cache.ts';
import type { RateBuckets } from './rate-limit-store.ts';

/** Clocks of two functions differ: an entry is kept a little longer than by one of them it matters. */
const keepMs = 1_000;

/**
 * GCRA as in `RateLimitStore.takeFromBucket`, with the caller's clock as there. Answers how many milliseconds to wait, as
 * text: an integer reply would lose its fraction.
 */
const takeFromBucket = `
local now, interval, tolerance, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local fullAt = tonumber(redis.call('GET', KEYS[1]) or '0')
if fullAt > now + tolerance + interval + keep then fullAt = 0 end
local wait = fullAt - now - tolerance
if wait > 0 then return string.format('%.3f', wait) end
local following = math.max(fullAt, now) + interval
redis.call('SET', KEYS[1], string.format('%.3f', following), 'PX', math.ceil(following - now + keep))
return '0'`;

/**
 * Buckets in the cache, or in the table where that does not answer. A bucket that moves from one to the other is full
 * there: a user may get a second burst, which is what a limit of this kind can afford and a login's could not.
 */
export class CachedRateBuckets implements RateBuckets {
  readonly #table: RateBuckets;
  readonly #cache: Askable;

  constructor(table: RateBuckets, cache: Askable) {
    this.#table = table;
    this.#cache = cache;
  }

  async takeFromBucket(key: string, bucket: BucketSettings, now: number): Promise<number> {
    const { intervalMs, toleranceMs } = bucketTimes(bucket);
    const waitMs = await this.#cache.attempt(async (client) =>
      Number(await client.eval(takeFromBucket, 1, `rate:{${key}}`, now, intervalMs, toleranceMs, keepMs)),
    );
    return waitMs ?? this.#table.takeFromBucket(key, bucket, now);
  }
}
