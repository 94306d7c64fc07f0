import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { Arrivals } from '../emulators/arrivals.ts';
import type { Log } from '../emulators/emulator.ts';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import { type Backoff, localBackoff } from './backoff.ts';
import { BatchDelivery, type DeliveryCounters } from './batch-delivery.ts';
import { Checkpoints } from './checkpoints.ts';
import type { FailureDestination } from './failure-destination.ts';
import type { KinesisMappingSettings } from './kinesis-settings.ts';
import { pause } from './pause.ts';
import { ShardConsumer } from './shard-consumer.ts';

export type KinesisMappingOptions = {
  mappingId: string;
  functionName: string;
  functionArn: string;
  streamName: string;
  streamArn: string;
  /** The function's role, which each event names. */
  invokeIdentityArn: string;
  region: string;
  settings: KinesisMappingSettings;
  kinesis: KinesisClient;
  invoker: LambdaInvoker;
  destination?: FailureDestination | undefined;
  checkpointFile: string;
  log: Log;
  /** The least time between two reads of a shard. @default 25 */
  pollIntervalMs?: number;
  /** Where given, a shard is left alone while nothing arrives. */
  arrivals?: Arrivals;
  backoff?: Backoff;
  now?: () => number;
};

export const DEFAULT_POLL_INTERVAL_MS = 25;
const SHARD_LIST_INTERVAL_MS = 1000;
/** What close() gives an invocation that is under way; after that its records come again at the next start. */
const CLOSE_GRACE_MS = 2000;

export type ShardState = {
  shardId: string;
  /** A shard waits while its parents are not read to their ends; it is finished once a split or merge closed it and all of it is settled. */
  state: 'waiting for its parents' | 'reading' | 'finished';
  /** Records read and not yet settled. */
  waiting: number;
  /** Age of the oldest of them; 0 where there is none. */
  iteratorAgeMilliseconds: number;
};

/** An AWS::Lambda::EventSourceMapping whose source is a Kinesis stream. */
export class KinesisMapping {
  readonly #options: KinesisMappingOptions;
  readonly #closing = new AbortController();
  /** Raised when shards should be listed at once. */
  #listNow = new AbortController();
  readonly #consumers = new Map<string, Promise<void>>();
  readonly #reading = new Map<string, ShardConsumer>();
  #knownShards: ReadonlySet<string> = new Set();
  #closedShards: ReadonlySet<string> = new Set();
  #checkpoints: Checkpoints | undefined;
  #delivery: BatchDelivery | undefined;
  #supervising: Promise<void> | undefined;

  constructor(options: KinesisMappingOptions) {
    this.#options = options;
  }

  get streamName(): string {
    return this.#options.streamName;
  }

  get counters(): Readonly<DeliveryCounters> | undefined {
    return this.#delivery?.counters;
  }

  /** Of each shard that the stream has, as of the last time they were listed. */
  shards(): ShardState[] {
    const now = (this.#options.now ?? Date.now)();
    return [...this.#knownShards].sort().map((shardId) => {
      const backlog = this.#reading.get(shardId)?.backlog;
      const finished = this.#checkpoints?.of(shardId).finished === true;
      const state = finished ? 'finished' : backlog === undefined ? 'waiting for its parents' : 'reading';
      const { waiting = 0, oldestArrivedAt = now } = backlog ?? {};
      return { shardId, state, waiting, iteratorAgeMilliseconds: Math.max(0, now - oldestArrivedAt) };
    });
  }

  async start(): Promise<void> {
    const { kinesis, streamName, settings, checkpointFile } = this.#options;
    const now = this.#options.now ?? Date.now;
    this.#checkpoints = new Checkpoints(checkpointFile, settings.startFrom ?? now());
    const { StreamDescriptionSummary } = await kinesis.send(
      new DescribeStreamSummaryCommand({ StreamName: streamName }),
    );
    const {
      mappingId,
      functionName,
      functionArn,
      streamArn,
      invokeIdentityArn,
      region,
      invoker,
      destination,
      log,
    } = this.#options;
    this.#delivery = new BatchDelivery({
      mappingId,
      functionName,
      functionArn,
      origin: { region, streamArn, invokeIdentityArn },
      settings,
      retentionSeconds: (StreamDescriptionSummary?.RetentionPeriodHours ?? 24) * 3600,
      invoker,
      destination,
      backoff: this.#options.backoff ?? localBackoff,
      now,
      log,
      signal: this.#closing.signal,
    });
    this.#supervising = this.#supervise(this.#delivery, this.#checkpoints);
  }

  /** Stops reading, gives what is under way a moment to finish, and writes the last checkpoint. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#supervising;
    const grace = new AbortController();
    await Promise.race([Promise.all(this.#consumers.values()), pause(CLOSE_GRACE_MS, grace.signal)]);
    grace.abort();
    this.#checkpoints?.close();
  }

  async #supervise(delivery: BatchDelivery, checkpoints: Checkpoints): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#listNow = new AbortController();
      try {
        this.#consumeReady(await this.#listShards(), delivery, checkpoints);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log(
          `Kinesis: listing the shards of ${this.#options.streamName}: ${error instanceof Error ? error.message : error}`,
        );
      }
      await pause(SHARD_LIST_INTERVAL_MS, AbortSignal.any([signal, this.#listNow.signal]));
    }
  }

  /** A split or merge orders a key's records across shards: children wait until their parents are finished. */
  #consumeReady(shards: readonly Shard[], delivery: BatchDelivery, checkpoints: Checkpoints): void {
    const known = new Set(shards.flatMap(({ ShardId }) => ShardId ?? []));
    this.#closedShards = new Set(
      shards.flatMap(({ ShardId, SequenceNumberRange }) =>
        SequenceNumberRange?.EndingSequenceNumber !== undefined && ShardId !== undefined ? [ShardId] : [],
      ),
    );
    this.#knownShards = known;
    checkpoints.keepOnly(known);
    for (const { ShardId, ParentShardId, AdjacentParentShardId } of shards) {
      if (ShardId === undefined || this.#consumers.has(ShardId) || checkpoints.of(ShardId).finished) continue;
      const parents = [ParentShardId, AdjacentParentShardId].filter(
        (id) => id !== undefined && known.has(id),
      );
      if (parents.some((id) => id !== undefined && !checkpoints.of(id).finished)) continue;
      this.#consumers.set(ShardId, this.#consume(ShardId, delivery, checkpoints));
    }
  }

  async #consume(shardId: string, delivery: BatchDelivery, checkpoints: Checkpoints): Promise<void> {
    const { kinesis, streamName, settings, pollIntervalMs, arrivals, log } = this.#options;
    const consumer = new ShardConsumer({
      kinesis,
      streamName,
      shardId,
      isClosed: () => this.#closedShards.has(shardId),
      settings,
      delivery,
      checkpoints,
      pollIntervalMs: pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS,
      arrivals,
      log,
      signal: this.#closing.signal,
    });
    this.#reading.set(shardId, consumer);
    await consumer.run();
    this.#reading.delete(shardId);
    this.#listNow.abort();
  }

  async #listShards(): Promise<Shard[]> {
    const { kinesis, streamName } = this.#options;
    const shards: Shard[] = [];
    let token: string | undefined;
    do {
      const page = await kinesis.send(
        new ListShardsCommand(token === undefined ? { StreamName: streamName } : { NextToken: token }),
        { abortSignal: this.#closing.signal },
      );
      shards.push(...(page.Shards ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    return shards;
  }
}
