import type { Series } from './console-api.ts';

const BUCKET_SECONDS = 5;
const BUCKETS = 60;
const WINDOW_MS = BUCKET_SECONDS * BUCKETS * 1000;
/** Percentiles are taken of so many values at most. */
const VALUES_KEPT = 2000;

type Bucket = { index: number; count: number; sum: number };

/** Values of the last five minutes, in a memory that does not grow. */
export class RecentValues {
  #total = 0;
  #sum = 0;
  readonly #buckets: Bucket[] = [];
  readonly #values: { at: number; value: number }[] = [];
  #next = 0;

  add(value: number, now: number): void {
    this.#total += 1;
    this.#sum += value;
    const index = Math.floor(now / (BUCKET_SECONDS * 1000));
    let bucket = this.#buckets.at(-1);
    if (bucket?.index !== index) {
      bucket = { index, count: 0, sum: 0 };
      this.#buckets.push(bucket);
      if (this.#buckets.length > BUCKETS) this.#buckets.shift();
    }
    bucket.count += 1;
    bucket.sum += value;
    this.#values[this.#next] = { at: now, value };
    this.#next = (this.#next + 1) % VALUES_KEPT;
  }

  /** How many there were since the start. */
  get total(): number {
    return this.#total;
  }

  get sum(): number {
    return this.#sum;
  }

  /** `count` of the values in each bucket, or their `sum`. */
  series(of: 'count' | 'sum', now: number): Series {
    const newest = Math.floor(now / (BUCKET_SECONDS * 1000));
    const buckets = new Array<number>(BUCKETS).fill(0);
    for (const bucket of this.#buckets) {
      const place = BUCKETS - 1 - (newest - bucket.index);
      if (place >= 0 && place < BUCKETS) buckets[place] = bucket[of];
    }
    return { bucketSeconds: BUCKET_SECONDS, buckets };
  }

  lastMinute(of: 'count' | 'sum', now: number): number {
    return this.series(of, now)
      .buckets.slice(-60 / BUCKET_SECONDS)
      .reduce((sum, value) => sum + value, 0);
  }

  /** Nearest rank, each a share of 1; undefined where the window holds no value. */
  percentile(share: number, now: number): number | undefined {
    const sorted = this.#values
      .filter(({ at }) => at > now - WINDOW_MS)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  }
}
