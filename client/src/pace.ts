import type { Clock } from './clock.ts';
import { hasCode } from './errors.ts';

/** Requests of one kind under way at the same time. */
const atOnce = 20;
/** Two kinds of requests, each refused once in this time, are what the server lets pass: docs/protocol.md, "Limits". */
const leastPauseMs = 2_000;

/**
 * Paces the requests that one rate limit counts. Once the server refuses one, none is sent until it has room for several; from then on
 * they are sent one at a time, until none waits. So a client with a backlog is refused once in a while, and not with every
 * message: the server closes a socket that goes on after being refused.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #isCareful = false;
  #pausedUntil = 0;
  #timer: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async run<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    if (!this.#hasRoom()) await new Promise<void>((resolve) => this.#wait(resolve));
    else this.#underWay += 1;
    try {
      return await request();
    } catch (error) {
      if (hasCode(error, 'RATE_LIMITED')) this.#pause(error.retryAfterMs ?? 0);
      throw error;
    } finally {
      this.#underWay -= 1;
      this.#goOn();
    }
  }

  /** The connection is lost: whatever waits learns that at once. What comes after keeps to the pause. */
  release(): void {
    this.#clock.clearTimeout(this.#timer);
    for (const next of this.#waiting.splice(0)) {
      this.#underWay += 1;
      next();
    }
  }

  #hasRoom(): boolean {
    if (this.#clock.now() < this.#pausedUntil) return false;
    return this.#underWay < (this.#isCareful ? 1 : atOnce);
  }

  #wait(resolve: () => void): void {
    this.#waiting.push(resolve);
    if (this.#clock.now() < this.#pausedUntil) this.#plan();
  }

  #pause(retryAfterMs: number): void {
    this.#isCareful = true;
    this.#pausedUntil = this.#clock.now() + Math.max(retryAfterMs, leastPauseMs);
  }

  #goOn(): void {
    if (this.#waiting.length === 0 && this.#underWay === 0 && this.#clock.now() >= this.#pausedUntil) {
      this.#isCareful = false;
    }
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      this.#underWay += 1;
      this.#waiting.shift()?.();
    }
    if (this.#waiting.length > 0 && this.#clock.now() < this.#pausedUntil) this.#plan();
  }

  #plan(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#goOn(), this.#pausedUntil - this.#clock.now());
  }
}
