import { MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KeptBatches } from './fixtures/kept-batches.ts';
import { RecordingInvoker } from './fixtures/recording-invoker.ts';
import { type KinesisEvent, StreamUnderTest, textsOf } from './fixtures/stream-under-test.ts';
import { until } from './fixtures/until.ts';

let stream: StreamUnderTest;
beforeAll(async () => {
  stream = await StreamUnderTest.start();
});
afterEach(() => stream.closeMappings());
afterAll(() => stream.close());

const deliveries = (invoker: RecordingInvoker<KinesisEvent>) => invoker.events.map(textsOf);
const delivered = (invoker: RecordingInvoker<KinesisEvent>) => deliveries(invoker).flat();

describe('starting position', () => {
  test('LATEST leaves out what came before the first start, also after a restart', async () => {
    await stream.create('latest');
    await stream.put('latest', ['k', 'before']);
    const first = new RecordingInvoker<KinesisEvent>();
    // Records of this very millisecond count as later ones.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const mapping = await stream.map('latest', first, { StartingPosition: 'LATEST' });
    await mapping.close();
    await stream.put('latest', ['k', 'while stopped']);

    const second = new RecordingInvoker<KinesisEvent>();
    await stream.map('latest', second, { StartingPosition: 'LATEST' });
    await until(() => second.events.length === 1);
    expect([...delivered(first), ...delivered(second)]).toEqual(['while stopped']);
  });

  test('AT_TIMESTAMP begins with the first record of that time', async () => {
    await stream.create('timestamp');
    await stream.put('timestamp', ['k', 'before']);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const StartingPositionTimestamp = Date.now() / 1000;
    await stream.put('timestamp', ['k', 'after']);
    const invoker = new RecordingInvoker<KinesisEvent>();
    await stream.map('timestamp', invoker, { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp });
    await until(() => invoker.events.length === 1);
    expect(delivered(invoker)).toEqual(['after']);
  });
});

describe('resharding', () => {
  test('finishes a parent before it begins with the children of its split', async () => {
    await stream.create('reshard');
    const keys = Array.from({ length: 10 }, (_, index) => `cnv_${index}`);
    await stream.put('reshard', ...keys.map((key): [string, string] => [key, `${key}/before`]));
    const invoker = new RecordingInvoker<KinesisEvent>(async () => {
      // The parent is slow: its children are long readable when it is at its end.
      if (invoker.events.length === 1) await childrenFilled;
    });
    const childrenFilled = (async () => {
      const NewStartingHashKey = (2n ** 127n).toString();
      await stream.kinesis.send(
        new SplitShardCommand({
          StreamName: 'reshard',
          ShardToSplit: 'shardId-000000000000',
          NewStartingHashKey,
        }),
      );
      await stream.active('reshard');
      await stream.put('reshard', ...keys.map((key): [string, string] => [key, `${key}/split`]));
    })();
    await stream.map('reshard', invoker, { BatchSize: 4 });
    await until(() => delivered(invoker).length === 20);
    expect(
      delivered(invoker)
        .slice(0, 10)
        .every((text) => text.endsWith('/before')),
    ).toBe(true);

    await stream.kinesis.send(
      new MergeShardsCommand({
        StreamName: 'reshard',
        ShardToMerge: 'shardId-000000000001',
        AdjacentShardToMerge: 'shardId-000000000002',
      }),
    );
    await stream.active('reshard');
    await stream.put('reshard', ...keys.map((key): [string, string] => [key, `${key}/merged`]));
    await until(() => delivered(invoker).length === 30);
    for (const key of keys) {
      expect(delivered(invoker).filter((text) => text.startsWith(`${key}/`))).toEqual([
        `${key}/before`,
        `${key}/split`,
        `${key}/merged`,
      ]);
    }
  });
});

describe('restart', () => {
  test('goes on from the last checkpoint', async () => {
    await stream.create('restart', 2);
    const before = Array.from({ length: 20 }, (_, index): [string, string] => [`k${index}`, `m${index}`]);
    await stream.put('restart', ...before);
    const first = new RecordingInvoker<KinesisEvent>();
    const mapping = await stream.map('restart', first, { ParallelizationFactor: 2 });
    await until(() => mapping.counters?.recordsDelivered === 20);
    await mapping.close();

    await stream.put('restart', ['k1', 'later']);
    const second = new RecordingInvoker<KinesisEvent>();
    await stream.map('restart', second, { ParallelizationFactor: 2 });
    await until(() => second.events.length === 1);
    expect(delivered(second)).toEqual(['later']);
  });

  test('closing does not count against a batch that was under way', async () => {
    await stream.create('closing');
    await stream.put('closing', ['k', 'a']);
    const kept = new KeptBatches();
    let cutOff = () => {};
    const first = new RecordingInvoker<KinesisEvent>(
      () =>
        new Promise((_, reject) => {
          cutOff = () => reject(new Error('the pool is closed'));
        }),
    );
    const mapping = await stream.map('closing', first, { MaximumRetryAttempts: 0 }, { destination: kept });
    await until(() => first.running === 1);
    const closed = mapping.close();
    cutOff();
    await closed;
    expect(kept.batches).toEqual([]);

    const second = new RecordingInvoker<KinesisEvent>();
    await stream.map('closing', second, { MaximumRetryAttempts: 0 });
    await until(() => second.events.length === 1);
    expect(delivered(second)).toEqual(['a']);
  });
});
