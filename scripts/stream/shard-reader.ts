import { setTimeout as delay } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  ListShardsCommand,
  type Shard,
  type _Record as StoredRecord,
} from '@aws-sdk/client-kinesis';
import type { StreamRecord } from './record-writer.ts';

export type ReadRecord = StreamRecord & {
  shardId: string;
  sequenceNumber: string;
  arrivedAt: Date;
};

/** Where to begin in a shard. */
export type Start = { at: Date } | { sequenceNumber: string } | 'oldest';

export type Manner = {
  /**
   * Between two reads. A shard answers 5 a second, all readers together
   * (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html), and deliver comes first.
   */
  pauseMs: number;
  /** Whether the stream finds a time by itself: Kinesalite never answers where nothing came after it. */
  findsTimes: boolean;
};
export const onAws: Manner = { pauseMs: 300, findsTimes: true };
export const onEmulator: Manner = { pauseMs: 0, findsTimes: false };

const recordsPerRead = 1_000;

/** The shards of a stream, parents before their children, which hold what came later of the same partition keys. */
export async function shardsOf(client: KinesisClient, streamName: string): Promise<string[]> {
  const shards = new Map<string, Shard>();
  let next: string | undefined;
  do {
    // A token stands for the stream's name too.
    const page = await client.send(
      new ListShardsCommand(next === undefined ? { StreamName: streamName } : { NextToken: next }),
    );
    for (const shard of page.Shards ?? []) shards.set(shard.ShardId ?? '', shard);
    next = page.NextToken;
  } while (next !== undefined);
  const depthOf = (shard: Shard | undefined): number =>
    shard === undefined
      ? 0
      : 1 +
        Math.max(
          ...[shard.ParentShardId, shard.AdjacentParentShardId].map((id) => depthOf(shards.get(id ?? ''))),
        );
  return [...shards.values()]
    .sort((one, other) => depthOf(one) - depthOf(other))
    .map(({ ShardId = '' }) => ShardId);
}

/** Records of a shard in order, page by page, up to those that arrived after `until` or to its present end. */
export async function* readShard(
  client: KinesisClient,
  streamName: string,
  range: { shardId: string; start: Start; until: Date },
  manner: Manner,
): AsyncGenerator<ReadRecord[]> {
  const { shardId, start, until } = range;
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName: streamName, ShardId: shardId, ...iteratorOf(start, manner) }),
  );
  let iterator = ShardIterator;
  while (iterator !== undefined) {
    const answer = await client.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: recordsPerRead }),
    );
    const records = (answer.Records ?? []).map((record) => readRecord(shardId, record));
    const wanted = records.filter((record) => !isBefore(record, start) && record.arrivedAt <= until);
    if (wanted.length > 0) yield wanted;
    if (records.some(({ arrivedAt }) => arrivedAt > until)) return;
    // A read may find nothing long before the end.
    if (records.length === 0 && (answer.MillisBehindLatest ?? 0) === 0) return;
    iterator = answer.NextShardIterator;
    await delay(manner.pauseMs);
  }
}

function iteratorOf(
  start: Start,
  { findsTimes }: Manner,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'Timestamp' | 'StartingSequenceNumber'> {
  if (start === 'oldest' || ('at' in start && !findsTimes)) return { ShardIteratorType: 'TRIM_HORIZON' };
  if ('at' in start) return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: start.at };
  return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: start.sequenceNumber };
}

function isBefore({ arrivedAt }: ReadRecord, start: Start): boolean {
  return start !== 'oldest' && 'at' in start && arrivedAt < start.at;
}

function readRecord(shardId: string, record: StoredRecord): ReadRecord {
  return {
    shardId,
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    data: record.Data ?? new Uint8Array(),
    arrivedAt: record.ApproximateArrivalTimestamp ?? new Date(0),
  };
}
