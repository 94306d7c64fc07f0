import { createHash } from 'node:crypto';
import type { BatchDelivery } from './batch-delivery.ts';
import { pause } from './pause.ts';
import { type StreamRecord, sizeInEvent } from './stream-record.ts';

/** A synchronous invocation takes 6 MB. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024;

/** The sub-stream of its shard that a partition key belongs to, the same for each of its records. */
export function subStreamOf(partitionKey: string, parallelizationFactor: number): number {
  if (parallelizationFactor === 1) return 0;
  // The shard was chosen by the high bits of this same hash; the low ones are as good as independent of them.
  return createHash('md5').update(partitionKey).digest().readUInt32BE(12) % parallelizationFactor;
}

export type SubStreamOptions = {
  delivery: BatchDelivery;
  batchSize: number;
  batchingWindowSeconds: number;
  settled: (records: readonly StreamRecord[]) => void;
  signal: AbortSignal;
};

/** One of a shard's concurrent sequences of batches: the next batch waits until the last one is settled. */
export class SubStream {
  readonly #options: SubStreamOptions;
  #waiting: StreamRecord[] = [];
  #waitingSince = 0;
  #filled: AbortController | undefined;
  #isRunning = false;
  #run: Promise<void> = Promise.resolve();

  constructor(options: SubStreamOptions) {
    this.#options = options;
  }

  add(records: readonly StreamRecord[]): void {
    if (records.length === 0) return;
    if (this.#waiting.length === 0) this.#waitingSince = Date.now();
    this.#waiting.push(...records);
    if (this.#isFull()) this.#filled?.abort();
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#run = this.#deliverWaiting();
    }
  }

  /** Fulfilled when nothing waits or is under way any more, or the signal is raised and the last batch let go. */
  async idle(): Promise<void> {
    while (this.#isRunning) await this.#run;
  }

  async #deliverWaiting(): Promise<void> {
    const { delivery, settled, signal } = this.#options;
    while (this.#waiting.length > 0 && !signal.aborted) {
      await this.#untilFull();
      if (signal.aborted) break;
      const batch = this.#waiting.splice(0, this.#countForBatch());
      this.#waitingSince = Date.now();
      await delivery.deliver(batch, settled);
    }
    // In the same turn as the last look at what waits, or a record added in between would wait for the next one.
    this.#isRunning = false;
  }

  async #untilFull(): Promise<void> {
    const left = this.#waitingSince + this.#options.batchingWindowSeconds * 1000 - Date.now();
    if (left <= 0 || this.#isFull()) return;
    this.#filled = new AbortController();
    await pause(left, AbortSignal.any([this.#filled.signal, this.#options.signal]));
    this.#filled = undefined;
  }

  #isFull(): boolean {
    return this.#waiting.length >= this.#options.batchSize || this.#countForBatch() < this.#waiting.length;
  }

  /** As many as the batch size and the payload limit allow, but always one. */
  #countForBatch(): number {
    let bytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      bytes += sizeInEvent(record);
      if (count > 0 && (count >= this.#options.batchSize || bytes > PAYLOAD_LIMIT_BYTES)) break;
      count += 1;
    }
    return count;
  }
}
