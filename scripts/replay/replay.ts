import { setTimeout as delay } from 'node:timers/promises';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { idempotencyKey, type MessageLog } from '../../lambdas/stores/message-log.ts';
import { UsageError } from '../load/option-values.ts';
import { RecordWriter } from '../stream/record-writer.ts';
import { type Manner, type ReadRecord, readShard, shardsOf } from '../stream/shard-reader.ts';
import type { ReplayOptions } from './replay-options.ts';
import { type Fate, fatesOf, type Remembered } from './stored-fate.ts';

export type ReplayResult = {
  records: number;
  /** Counted exactly up to `countedConversations`. */
  conversations: Set<string>;
  byFate: Map<Fate, number>;
  put: number;
  /** Of those put that were not stored before, the ones that are not yet. */
  awaited: Remembered[];
};

/** Beyond so many, conversations are not counted, and records not waited for. */
export const countedConversations = 100_000;
const awaitedRecords = 10_000;

/**
 * Puts records into the stream again. That is the way that holds all promises without a rule of its own: deliver remains the
 * one that stores, and recognises by the `acceptId` what it has stored; retries and dead letters are those of every record.
 * docs/adr/0010 compares it with invoking deliver.
 */
export async function replay(
  client: KinesisClient,
  streamName: string,
  log: MessageLog,
  options: ReplayOptions,
  manner: Manner,
  onProgress: (result: ReplayResult) => void,
): Promise<ReplayResult> {
  const shardIds = await shardsOf(client, streamName);
  if (options.shard !== undefined && !shardIds.includes(options.shard)) {
    throw new UsageError(`The stream has no shard ${options.shard}: it has ${shardIds.join(', ')}.`);
  }
  const writer = new RecordWriter(client, streamName);
  const result: ReplayResult = {
    records: 0,
    conversations: new Set(),
    byFate: new Map(),
    put: 0,
    awaited: [],
  };
  /** Where our own puts begin in each shard: clocks differ, so the time alone might not keep us from reading them. */
  const ownFrom = new Map<string, bigint>();
  for (const shardId of options.shard === undefined ? shardIds : [options.shard]) {
    const range = { shardId, start: options.start, until: options.until };
    for await (const page of readShard(client, streamName, range, manner)) {
      const own = ownFrom.get(shardId);
      const records = page.filter(({ sequenceNumber }) => own === undefined || BigInt(sequenceNumber) < own);
      await replayPage(records, { writer, log, options, result, ownFrom });
      onProgress(result);
      if (records.length < page.length) break;
    }
  }
  return result;
}

async function replayPage(
  records: ReadRecord[],
  work: {
    writer: RecordWriter;
    log: MessageLog;
    options: ReplayOptions;
    result: ReplayResult;
    ownFrom: Map<string, bigint>;
  },
): Promise<void> {
  const { writer, log, options, result, ownFrom } = work;
  const fates = await fatesOf(log, records);
  for (const [index, record] of records.entries()) {
    const found = fates[index];
    if (found === undefined) continue;
    const { fate, remembered } = found;
    result.records += 1;
    result.byFate.set(fate, (result.byFate.get(fate) ?? 0) + 1);
    if (result.conversations.size < countedConversations) result.conversations.add(record.partitionKey);
    if (!options.run || !isReplayed(fate, options.redeliver)) continue;
    const { shardId, sequenceNumber } = await writer.put(record);
    if (!ownFrom.has(shardId)) ownFrom.set(shardId, BigInt(sequenceNumber));
    result.put += 1;
    if (fate === 'not stored' && remembered && result.awaited.length < awaitedRecords)
      result.awaited.push(remembered);
    await delay(1_000 / options.perSecond);
  }
}

function isReplayed(fate: Fate, redeliver: boolean): boolean {
  // Deliver has made a dead letter of what cannot be read, and has answered what was in conflict.
  return (
    fate === 'not stored' ||
    fate === 'erasure' ||
    (redeliver && (fate === 'stored' || fate === 'stored by a retry'))
  );
}

/** Waits until deliver has stored what was put. Answers what it has not, at the end of `forMs`. */
export async function awaitStored(
  log: MessageLog,
  awaited: Remembered[],
  forMs: number,
): Promise<Remembered[]> {
  const deadline = Date.now() + forMs;
  let missing = awaited;
  for (;;) {
    const known = await log.idempotencyRecords(missing);
    missing = missing.filter((record) => !known.has(idempotencyKey(record)));
    if (missing.length === 0 || Date.now() > deadline) return missing;
    await delay(500);
  }
}
