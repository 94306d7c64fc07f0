import type { Throttle } from './model.ts';

/**
 * What API Gateway throttles by: "the token bucket algorithm, where a token counts for a request"
 * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html). AWS applies it on a best-effort basis, this one to
 * the letter.
 */
export class TokenBucket {
  readonly #throttle: Throttle;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  constructor(throttle: Throttle, now: () => number) {
    this.#throttle = throttle;
    this.#now = now;
    this.#tokens = throttle.burst;
    this.#filledAt = now();
  }

  /** False where there is none left. */
  take(): boolean {
    const { ratePerSecond, burst } = this.#throttle;
    const now = this.#now();
    // A clock that was set back fills nothing.
    const gained = (Math.max(0, now - this.#filledAt) / 1000) * ratePerSecond;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
