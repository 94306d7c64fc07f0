import type { Clock } from '../../src/clock.ts';

type Timer = { at: number; order: number; callback: () => void };

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  #now = Date.parse('2026-11-24T10:00:00.000Z');
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  iso(): string {
    return new Date(this.#now).toISOString();
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    this.#order += 1;
    const timer = { at: this.#now + Math.max(0, milliseconds), order: this.#order, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer); // Whatever else it is, it is not among them.
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets so much time pass: each timer at its time, and all that follows from it before the next one. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (;;) {
      const next = [...this.#timers]
        .filter((timer) => timer.at <= end)
        .sort((one, other) => one.at - other.at || one.order - other.order)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settled();
    }
    this.#now = end;
  }

  /** Lets time pass until there is something. */
  async until<T>(find: () => T | undefined | false, atMost = 60 * 60_000): Promise<T> {
    const end = this.#now + atMost;
    for (;;) {
      await settled();
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (this.#now >= end) throw new Error(`Nothing came within ${atMost} ms: ${find}`);
      await this.advance(50);
    }
  }
}

/** Resolves when every promise that can settle without time passing has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
