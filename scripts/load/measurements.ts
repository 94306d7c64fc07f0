import type { Histogram } from 'hdr-histogram-js';
import { ChangeMeasurements } from './change-measurements.ts';
import { milliseconds, newHistogram, record } from './histogram.ts';

/** What happened within one second of the run. */
export type Second = {
  second: number;
  sent: number;
  stored: number;
  received: number;
  errors: number;
  connected: number;
  /** Milliseconds from a send to its event at another member; undefined where none came. */
  p50: number | undefined;
  p99: number | undefined;
};

export type Latencies = {
  /** Send → `ack`. */
  acknowledged: Histogram;
  /** Send → the sender knows the `seq`. */
  stored: Histogram;
  /** Send → `message` event at another member. */
  received: Histogram;
};

/** Counts and latencies of a run, as a whole and second by second. */
export class Measurements {
  /** In microseconds. */
  readonly latencies: Latencies = {
    acknowledged: newHistogram(),
    stored: newHistogram(),
    received: newHistogram(),
  };
  readonly seconds: Second[] = [];
  readonly errors = new Map<string, number>();
  readonly totals = { sent: 0, stored: 0, received: 0, errors: 0, reconnects: 0 };
  /** How late messages were sent: this process itself could not keep up. */
  readonly lateness = newHistogram();
  readonly changes = new ChangeMeasurements();
  #open = { sent: 0, stored: 0, received: 0, errors: 0 };
  #received = newHistogram();

  sent(latenessMs: number): void {
    this.#count('sent');
    record(this.lateness, latenessMs);
  }

  acknowledged(afterMs: number): void {
    record(this.latencies.acknowledged, afterMs);
  }

  stored(afterMs: number): void {
    this.#count('stored');
    record(this.latencies.stored, afterMs);
  }

  /** @param afterMs undefined for the sender's own copy */
  received(afterMs: number | undefined): void {
    this.#count('received');
    if (afterMs === undefined) return;
    record(this.latencies.received, afterMs);
    record(this.#received, afterMs);
  }

  error(what: string): void {
    this.#count('errors');
    this.errors.set(what, (this.errors.get(what) ?? 0) + 1);
  }

  reconnected(): void {
    this.totals.reconnects += 1;
  }

  /** Ends the second that is open. */
  closeSecond(connected: number): Second {
    const some = this.#received.totalCount > 0;
    const second: Second = {
      second: this.seconds.length + 1,
      ...this.#open,
      connected,
      p50: some ? milliseconds(this.#received, 50) : undefined,
      p99: some ? milliseconds(this.#received, 99) : undefined,
    };
    this.seconds.push(second);
    this.#open = { sent: 0, stored: 0, received: 0, errors: 0 };
    this.#received.reset();
    return second;
  }

  #count(what: 'sent' | 'stored' | 'received' | 'errors'): void {
    this.#open[what] += 1;
    this.totals[what] += 1;
  }
}
