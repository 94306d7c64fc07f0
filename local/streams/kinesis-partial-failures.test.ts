import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KeptBatches } from './fixtures/kept-batches.ts';
import { RecordingInvoker } from './fixtures/recording-invoker.ts';
import { type KinesisEvent, StreamUnderTest, textOf, textsOf } from './fixtures/stream-under-test.ts';
import { until } from './fixtures/until.ts';

let stream: StreamUnderTest;
beforeAll(async () => {
  stream = await StreamUnderTest.start();
});
afterEach(() => stream.closeMappings());
afterAll(() => stream.close());

const deliveries = (invoker: RecordingInvoker<KinesisEvent>) => invoker.events.map(textsOf);
const delivered = (invoker: RecordingInvoker<KinesisEvent>) => deliveries(invoker).flat();

describe('partial batch responses', () => {
  test('bring the lowest reported record and all later ones of the batch again, and no earlier one', async () => {
    await stream.create('partial');
    const numbers = await stream.put('partial', ['k', 'a'], ['k', 'b'], ['k', 'c'], ['k', 'd']);
    const answers: unknown[] = [
      { batchItemFailures: [{ itemIdentifier: numbers[3] }, { itemIdentifier: numbers[1] }] },
      { batchItemFailures: [] },
    ];
    const invoker = new RecordingInvoker<KinesisEvent>(() => answers.shift());
    const mapping = await stream.map('partial', invoker, {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    await until(() => mapping.counters?.recordsDelivered === 4);
    expect(deliveries(invoker)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
  });

  test('of one shard say nothing about another', async () => {
    await stream.create('shards', 2);
    const keys = Array.from({ length: 12 }, (_, index) => `cnv_${index}`);
    await stream.put('shards', ...keys.map((key): [string, string] => [key, key]));
    const failedOnce = new Set<string>();
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      const shard = event.Records[0]?.eventID.split(':')[0] ?? '';
      if (shard !== 'shardId-000000000000' || failedOnce.has(shard)) return null;
      failedOnce.add(shard);
      return { batchItemFailures: [{ itemIdentifier: event.Records.at(-1)?.kinesis.sequenceNumber }] };
    });
    const mapping = await stream.map('shards', invoker, {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    await until(() => mapping.counters?.recordsDelivered === 12);
    for (const event of invoker.events) {
      expect(new Set(event.Records.map((record) => record.eventID.split(':')[0])).size).toBe(1);
    }
    expect(delivered(invoker)).toHaveLength(13);
  });

  test('with bisecting on split the batch at the reported record, at no retry’s cost', async () => {
    await stream.create('split-at');
    const numbers = await stream.put(
      'split-at',
      ...['a', 'b', 'c', 'd', 'e'].map((text): [string, string] => ['k', text]),
    );
    const kept = new KeptBatches();
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      const failed = event.Records.filter((record) => ['c', 'e'].includes(textOf(record)));
      return {
        batchItemFailures: failed.map((record) => ({ itemIdentifier: record.kinesis.sequenceNumber })),
      };
    });
    const mapping = await stream.map(
      'split-at',
      invoker,
      {
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 1,
      },
      { destination: kept },
    );
    await until(() => (mapping.counters?.recordsDiscarded ?? 0) === 2);

    expect(deliveries(invoker).slice(0, 2)).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['c', 'd', 'e'],
    ]);
    // Each poison is alone in the end, tried once and once again; d is delivered between them.
    expect(kept.batches.map((batch) => batch.records.map((record) => record.sequenceNumber))).toEqual([
      [numbers[2]],
      [numbers[4]],
    ]);
    expect(kept.batches.map((batch) => batch.invocations)).toEqual([2, 2]);
    expect(kept.batches.map((batch) => batch.lastInvocation?.functionError)).toEqual([null, null]);
    expect(mapping.counters).toMatchObject({ recordsDelivered: 3, recordsDiscarded: 2 });
  });
});
