import type { Message } from './protocol.ts';

/**
 * The order of one conversation. Takes messages as they come, late, twice or too early, and gives each once, by
 * `seq`, without a gap.
 */
export class Sequence {
  #position: number;
  #newest: number;
  readonly #early = new Map<number, Message>();

  /** @param position the `seq` before the first message to be given */
  constructor(position: number) {
    this.#position = position;
    this.#newest = position;
  }

  /** `seq` of the last message given. */
  get position(): number {
    return this.#position;
  }

  /** The highest `seq` there is, as far as is known. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether something is known to be missing. */
  get lags(): boolean {
    return this.#newest > this.#position;
  }

  /** There are messages up to `seq`. */
  heardOf(seq: number): void {
    this.#newest = Math.max(this.#newest, seq);
  }

  /** Gives those that are next in order. */
  take(messages: readonly Message[]): Message[] {
    for (const message of messages) {
      this.heardOf(message.seq);
      if (message.seq > this.#position) this.#early.set(message.seq, message);
    }
    const given: Message[] = [];
    for (;;) {
      const next = this.#early.get(this.#position + 1);
      if (next === undefined) return given;
      this.#early.delete(next.seq);
      this.#position = next.seq;
      given.push(next);
    }
  }
}
