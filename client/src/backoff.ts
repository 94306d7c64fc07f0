import { hasCode, type ParleyError } from './errors.ts';

const minMs = 500;
const maxMs = 20_000;

/**
 * Waits between attempts: at least half a second, at most twenty, and full jitter between the least and a ceiling that
 * doubles, since many clients may have lost the same server at the same moment.
 */
export class Backoff {
  readonly #random: () => number;
  #attempts = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The wait before the next attempt, in milliseconds. */
  next(): number {
    const span = minMs * 2 ** Math.min(this.#attempts, 10);
    this.#attempts += 1;
    return Math.min(maxMs, minMs + this.#random() * span);
  }

  /**
   * The wait after an attempt that failed for a while. A rate limit says when there is room again. Of a server that is
   * too busy nobody knows that: its time is the least, and the waits grow all the same.
   */
  after(error: ParleyError): number {
    const { retryAfterMs } = error;
    if (retryAfterMs === undefined) return this.next();
    return hasCode(error, 'UNAVAILABLE') ? Math.max(retryAfterMs, this.next()) : retryAfterMs;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
