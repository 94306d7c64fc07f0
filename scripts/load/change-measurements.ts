import { newHistogram, record } from './histogram.ts';

/** Counts and latencies of changes to messages: apart, so that those of messages stay comparable. */
export class ChangeMeasurements {
  readonly totals = { asked: 0, acknowledged: 0, refused: 0, repeated: 0, told: 0 };
  /** In microseconds. */
  readonly latencies = {
    /** From the moment for which it was planned to its `ack`. */
    acknowledged: newHistogram(),
    /** Edit → `messageChanged` at another member. */
    received: newHistogram(),
  };

  asked(): void {
    this.totals.asked += 1;
  }

  acknowledged(afterMs: number): void {
    this.totals.acknowledged += 1;
    record(this.latencies.acknowledged, afterMs);
  }

  /** By rule: its message was deleted. */
  refused(): void {
    this.totals.refused += 1;
  }

  /** After an answer that it cannot be made now, or none. */
  repeated(count: number): void {
    this.totals.repeated += count;
  }

  /** @param afterMs undefined where it cannot be told which change it was */
  told(afterMs: number | undefined): void {
    this.totals.told += 1;
    if (afterMs !== undefined) record(this.latencies.received, afterMs);
  }
}
