/** docs/operations.md, "Adding shards under load": Kinesis splits and merges shards while people write. */
import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { storeClients } from '../../local/emulators/aws-client.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { deadlineMs } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

/** Enough conversations that each half of a split shard gets some. */
const CONVERSATIONS = 8;
/** Below the limit of 10 a second. */
const PAUSE_MS = 125;

type Pair = { writer: ChatSocket; reader: ChatSocket; id: string; person: Person; said: string[] };

let parley: Parley;
let kinesis: KinesisClient;
let stream: string;
let pairs: Pair[];
let shardsBefore: string[];

beforeAll(async () => {
  parley = await Parley.start();
  kinesis = storeClients(parley.runtime).kinesis;
  stream = parley.runtime.physicalName('Messages');
  pairs = await Promise.all(Array.from({ length: CONVERSATIONS }, (_, index) => makePair(index)));
  shardsBefore = (await openShards()).map(shardId);

  const writing = { stop: false };
  const writers = pairs.map((pair) => write(pair, writing));
  await someMoreOfEach();
  await splitEveryShard();
  await someMoreOfEach();
  await mergeTwoShards();
  await someMoreOfEach();
  writing.stop = true;
  await Promise.all(writers);
  await Promise.all(pairs.map(({ reader, said }) => Promise.all(said.map((one) => reader.message(one)))));
}, 60_000);
afterAll(async () => {
  kinesis?.destroy();
  await parley?.close();
});

async function makePair(index: number): Promise<Pair> {
  const [person, other] = await Promise.all([
    parley.register(`writer-${index}`),
    parley.register(`reader-${index}`),
  ]);
  const [writer, reader, id] = await Promise.all([person.connect(), other.connect(), person.dm(other)]);
  return { writer, reader, id, person, said: [] };
}

/** One after another's `ack`, without a care for what happens to the stream. */
async function write({ writer, id, said }: Pair, writing: { stop: boolean }): Promise<void> {
  while (!writing.stop) {
    const next = new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    said.push(await writer.say(id, `number ${said.length}`));
    await next;
  }
}

async function someMoreOfEach(): Promise<void> {
  const wanted = pairs.map(({ said }) => said.length + 3);
  await vi.waitFor(() => pairs.every(({ said }, index) => said.length >= (wanted[index] ?? 0)) || fail(), {
    timeout: deadlineMs,
    interval: 20,
  });
}

function fail(): never {
  throw new Error('Somebody cannot write');
}

async function openShards(): Promise<Shard[]> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined).sort(
    (a, b) => (startOf(a) < startOf(b) ? -1 : 1),
  );
}

const shardId = (shard: Shard) => shard.ShardId ?? '';
const startOf = (shard: Shard) => BigInt(shard.HashKeyRange?.StartingHashKey ?? 0);
const endOf = (shard: Shard) => BigInt(shard.HashKeyRange?.EndingHashKey ?? 0);

async function splitEveryShard(): Promise<void> {
  for (const shard of await openShards()) {
    const NewStartingHashKey = ((startOf(shard) + endOf(shard) + 1n) / 2n).toString();
    await kinesis.send(
      new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId(shard), NewStartingHashKey }),
    );
    await active();
  }
}

async function mergeTwoShards(): Promise<void> {
  const [one, other] = await openShards();
  if (one === undefined || other === undefined) throw new Error('The split left fewer than two shards');
  await kinesis.send(
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: shardId(one),
      AdjacentShardToMerge: shardId(other),
    }),
  );
  await active();
}

async function active(): Promise<void> {
  await vi.waitFor(
    async () => {
      const summary = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      expect(summary.StreamDescriptionSummary?.StreamStatus).toBe('ACTIVE');
    },
    { timeout: deadlineMs, interval: 20 },
  );
}

async function history({ person, id }: Pair): Promise<Message[]> {
  const found: Message[] = [];
  for (let after: string | null = '0'; after !== null; ) {
    const query: Record<string, string> = { conversationId: id, after, limit: '100' };
    const { body } = await person.api.get<{ items: Message[]; nextCursor: string | null }>(
      '/messages',
      query,
    );
    found.push(...body.items);
    after = body.nextCursor;
  }
  return found;
}

test('the shards that were there are closed, and others took over', async () => {
  const now = (await openShards()).map(shardId);
  expect(now).toHaveLength(shardsBefore.length * 2 - 1);
  expect(now.filter((id) => shardsBefore.includes(id))).toEqual([]);
});

test('nothing that was acknowledged is lost, numbers are dense, and what one says is in the order of its acks', async () => {
  for (const pair of pairs) {
    const stored = await history(pair);
    expect(stored.map(({ messageId }) => messageId)).toEqual(pair.said);
    expect(stored.map(({ seq }) => seq)).toEqual(pair.said.map((_, index) => index + 1));
    expect(stored.map(({ content }) => content)).toEqual(pair.said.map((_, index) => `number ${index}`));
  }
});

test('each was pushed in order, and no record was given up or tried twice', () => {
  for (const { reader, id, said } of pairs) {
    expect(reader.messages(id).map(({ messageId }) => messageId)).toEqual(said);
  }
  const total = pairs.reduce((sum, { said }) => sum + said.length, 0);
  expect(parley.runtime.streamCounters()[stream]).toMatchObject({
    recordsDelivered: total,
    recordsDiscarded: 0,
    failedInvocations: 0,
  });
});
