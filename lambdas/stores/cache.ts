import type { CacheClient } from './cache-client.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { within } from './within.ts';

/**
 * The cache answers in about a millisecond. What waits longer than this asks the table instead: a message waits for the
 * cache three times at most, once when it is accepted and twice when it is delivered: 45 ms if it hangs all the time.
 */
export const answerWithinMs = 15;
/** For the first answer: nobody waits for it with a message, and a function that just started is slow itself. */
const probeWithinMs = 200;
/** How long somebody waits who has no message in hand. */
const patienceMs = 1_000;

/** What stores use of it. */
export type Askable = Pick<Cache, 'attempt' | 'insist'>;

/**
 * A cache that may be slow, gone, empty or wrong at any time. It is asked, never relied on: what it does not answer is
 * answered by a table. While it fails it is not asked, and connected to anew beside the work and not before it.
 */
export class Cache {
  readonly #open: () => Promise<CacheClient>;
  readonly #onFallback: () => void;
  readonly #breaker: CircuitBreaker;
  #client: CacheClient | undefined;
  #connecting: Promise<void> | undefined;

  /**
   * @param open connects; each time anew, for the password is good for a quarter of an hour
   * @param onFallback called for each attempt that the cache did not answer
   */
  constructor(open: () => Promise<CacheClient>, onFallback: () => void, clock: () => number = Date.now) {
    this.#open = open;
    this.#onFallback = onFallback;
    this.#breaker = new CircuitBreaker(clock);
    this.#connect();
  }

  /** What `ask` answers, or `undefined` where the cache cannot be asked, fails, or takes too long for a message to wait. */
  async attempt<T extends object | number>(ask: (client: CacheClient) => Promise<T>): Promise<T | undefined> {
    this.#connect();
    return this.#ask(ask, answerWithinMs);
  }

  /**
   * The same for what should reach the cache if it can: connects though the circuit is open, waits until that is done, and
   * longer for an answer.
   */
  async insist<T extends object | number>(ask: (client: CacheClient) => Promise<T>): Promise<T | undefined> {
    this.#connect(true);
    await this.#connecting;
    return this.#ask(ask, patienceMs);
  }

  async #ask<T>(ask: (client: CacheClient) => Promise<T>, waitMs: number): Promise<T | undefined> {
    const client = this.#client;
    if (client === undefined) {
      this.#onFallback();
      return undefined;
    }
    try {
      const answer = await within(waitMs, ask(client));
      this.#breaker.succeeded();
      return answer;
    } catch {
      this.#onFallback();
      // What was under way when it was left fails too, and says nothing new.
      if (client === this.#client && this.#breaker.failed()) this.#leave(client);
      return undefined;
    }
  }

  close(): void {
    this.#breaker.open();
    if (this.#client !== undefined) this.#leave(this.#client);
  }

  /** Where it is not, and may be. */
  #connect(insisting = false): void {
    if (this.#client !== undefined || this.#connecting !== undefined) return;
    if (this.#breaker.isOpen && !insisting) return;
    this.#connecting = this.#tryToConnect().finally(() => {
      this.#connecting = undefined;
    });
  }

  async #tryToConnect(): Promise<void> {
    let client: CacheClient | undefined;
    try {
      client = await this.#open();
      const opened = client;
      opened.on('end', () => this.#leave(opened));
      // One that hangs would cost the next messages their patience.
      await within(probeWithinMs, opened.ping());
      this.#client = opened;
    } catch {
      client?.disconnect();
      this.#breaker.open();
    }
  }

  #leave(client: CacheClient): void {
    if (this.#client === client) this.#client = undefined;
    client.disconnect();
  }
}
