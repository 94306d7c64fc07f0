import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  InvalidArgumentException,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { Arrivals } from '../emulators/arrivals.ts';
import type { Log } from '../emulators/emulator.ts';
import type { BatchDelivery } from './batch-delivery.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { KinesisMappingSettings } from './kinesis-settings.ts';
import { pause } from './pause.ts';
import type { StreamRecord } from './stream-record.ts';
import { SubStream, subStreamOf } from './sub-stream.ts';

export type ShardConsumerOptions = {
  kinesis: KinesisClient;
  streamName: string;
  shardId: string;
  /** Whether a split or merge has closed the shard. */
  isClosed: () => boolean;
  settings: KinesisMappingSettings;
  delivery: BatchDelivery;
  checkpoints: Checkpoints;
  pollIntervalMs: number;
  arrivals: Arrivals | undefined;
  log: Log;
  signal: AbortSignal;
};

/** What GetRecords hands out at most on AWS, and the most that one shard keeps waiting in memory. */
const READ_LIMIT = 1000;
const WAITING_LIMIT = 10_000;
/** Lambda's own base rate, for what no announcement tells of: a shard that was closed. */
const IDLE_PAUSE_MS = 1000;
const ERROR_PAUSE_MS = 200;

/** Reads one shard from its checkpoint on, and deals its records out to the sub-streams. */
export class ShardConsumer {
  readonly #options: ShardConsumerOptions;
  readonly #subStreams: SubStream[];
  /** Records read and not yet behind the checkpoint, in the shard's order. */
  readonly #open: { sequenceNumber: string; arrivedAt: number; settled: boolean }[] = [];
  readonly #bySequence = new Map<string, { settled: boolean }>();
  #roomMade: (() => void) | undefined;
  #readUpTo: string | undefined;

  constructor(options: ShardConsumerOptions) {
    this.#options = options;
    const { settings, delivery, signal } = options;
    this.#subStreams = Array.from(
      { length: settings.parallelizationFactor },
      () =>
        new SubStream({
          delivery,
          batchSize: settings.batchSize,
          batchingWindowSeconds: settings.batchingWindowSeconds,
          settled: (records) => this.#settle(records),
          signal,
        }),
    );
    this.#readUpTo = options.checkpoints.of(options.shardId).after;
  }

  /** Records read and not yet settled, and when the oldest of them arrived. */
  get backlog(): { waiting: number; oldestArrivedAt: number | undefined } {
    const unsettled = this.#open.filter((entry) => !entry.settled);
    return { waiting: unsettled.length, oldestArrivedAt: unsettled[0]?.arrivedAt };
  }

  /** Ends when a closed shard is read to its end and settled, or the signal is raised. */
  async run(): Promise<void> {
    const { signal, shardId, log, checkpoints } = this.#options;
    let iterator: string | undefined;
    while (!signal.aborted) {
      try {
        iterator ??= await this.#iterator();
        const read = await this.#read(iterator);
        if (read === 'end') break;
        iterator = read;
      } catch (error) {
        if (signal.aborted) break;
        // After five minutes without records an iterator is too old: AFTER_SEQUENCE_NUMBER makes a new one.
        if (!(error instanceof ExpiredIteratorException)) {
          log(`Kinesis: reading ${shardId}: ${error instanceof Error ? error.message : error}`);
          await pause(ERROR_PAUSE_MS, signal);
        }
        iterator = undefined;
      }
    }
    await Promise.all(this.#subStreams.map((subStream) => subStream.idle()));
    if (!signal.aborted) checkpoints.finish(shardId);
  }

  /** @returns the iterator to go on with */
  async #read(iterator: string): Promise<string | 'end'> {
    const { kinesis, signal, arrivals, isClosed } = this.#options;
    await this.#room();
    const closedBefore = isClosed();
    const arrival = arrivals?.next;
    const readAt = Date.now();
    const page = await kinesis.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: READ_LIMIT }), {
      abortSignal: signal,
    });
    const count = this.#dealOut(page);
    if (count < READ_LIMIT && !closedBefore) await this.#rest(arrival, readAt);
    if (count === 0 && !closedBefore) {
      // Kinesalite makes the next iterator of an empty read out of the clock, which in the instant of a second's
      // change can lie behind a record that is just being stored. The old one never does.
      return iterator;
    }
    return page.NextShardIterator ?? 'end';
  }

  async #rest(arrival: AbortSignal | undefined, readAt: number): Promise<void> {
    const { signal, pollIntervalMs } = this.#options;
    if (arrival !== undefined) await pause(IDLE_PAUSE_MS, AbortSignal.any([signal, arrival]));
    const left = readAt + pollIntervalMs - Date.now();
    if (left > 0) await pause(left, signal);
  }

  #dealOut(page: GetRecordsCommandOutput): number {
    const { shardId, settings, checkpoints } = this.#options;
    const dealt = this.#subStreams.map((): StreamRecord[] => []);
    const read = page.Records ?? [];
    for (const record of read) {
      // Kinesis sets each of them on every record.
      const sequenceNumber = record.SequenceNumber ?? '';
      const partitionKey = record.PartitionKey ?? '';
      const arrivedAt = record.ApproximateArrivalTimestamp?.getTime() ?? 0;
      const entry = { sequenceNumber, arrivedAt, settled: arrivedAt < checkpoints.startFrom };
      this.#readUpTo = sequenceNumber;
      this.#open.push(entry);
      if (entry.settled) continue;
      this.#bySequence.set(sequenceNumber, entry);
      dealt[subStreamOf(partitionKey, settings.parallelizationFactor)]?.push({
        shardId,
        sequenceNumber,
        partitionKey,
        data: record.Data ?? new Uint8Array(),
        arrivedAt,
      });
    }
    this.#advance();
    for (const [index, records] of dealt.entries()) this.#subStreams[index]?.add(records);
    return read.length;
  }

  #settle(records: readonly StreamRecord[]): void {
    for (const { sequenceNumber } of records) {
      const entry = this.#bySequence.get(sequenceNumber);
      if (entry !== undefined) entry.settled = true;
      this.#bySequence.delete(sequenceNumber);
    }
    this.#advance();
  }

  /** Sub-streams settle out of order; the checkpoint stands before the first record that is still open. */
  #advance(): void {
    const firstOpen = this.#open.findIndex((entry) => !entry.settled);
    const settled = this.#open.splice(0, firstOpen < 0 ? this.#open.length : firstOpen);
    const last = settled.at(-1);
    if (last !== undefined) this.#options.checkpoints.settle(this.#options.shardId, last.sequenceNumber);
    if (this.#open.length < WAITING_LIMIT) this.#roomMade?.();
  }

  async #room(): Promise<void> {
    const { signal } = this.#options;
    while (this.#open.length >= WAITING_LIMIT && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      this.#roomMade = undefined;
    }
  }

  async #iterator(): Promise<string> {
    const { kinesis, streamName, shardId, log, signal } = this.#options;
    const shard = { StreamName: streamName, ShardId: shardId };
    const position =
      this.#readUpTo === undefined
        ? ({ ...shard, ShardIteratorType: 'TRIM_HORIZON' } as const)
        : ({
            ...shard,
            ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
            StartingSequenceNumber: this.#readUpTo,
          } as const);
    try {
      const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(position), {
        abortSignal: signal,
      });
      if (ShardIterator === undefined) throw new Error('Kinesis gave no iterator');
      return ShardIterator;
    } catch (error) {
      if (!(error instanceof InvalidArgumentException) || this.#readUpTo === undefined) throw error;
      log(`Kinesis: ${shardId} of ${streamName} is another one than before: reading it from its beginning`);
      this.#readUpTo = undefined;
      return this.#iterator();
    }
  }
}
