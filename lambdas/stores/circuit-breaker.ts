/** Failures in a row after which nothing is tried any more for a while. */
const failuresToOpen = 3;
/** How long that while is, and at most becomes while every new try fails. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Keeps something that fails from being tried, and waited for, again and again. */
export class CircuitBreaker {
  readonly #clock: () => number;
  #failures = 0;
  #pauseMs = firstPauseMs;
  #openUntil = 0;

  constructor(clock: () => number = Date.now) {
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#clock() < this.#openUntil;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = firstPauseMs;
  }

  /** Answers whether this was one too many. */
  failed(): boolean {
    this.#failures += 1;
    if (this.#failures < failuresToOpen) return false;
    this.open();
    return true;
  }

  /** Twice as long each time, until something succeeds. */
  open(): void {
    this.#failures = 0;
    this.#openUntil = this.#clock() + this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs);
  }
}
