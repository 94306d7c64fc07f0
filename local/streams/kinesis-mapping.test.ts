import { MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DiscardedBatch } from './failure-destination.ts';
import { CannotInvoke, RecordingInvoker } from './fixtures/recording-invoker.ts';
import {
  type KinesisEvent,
  mappingResource,
  StreamUnderTest,
  streamArn,
  textOf,
  textsOf,
} from './fixtures/stream-under-test.ts';
import { until } from './fixtures/until.ts';
import { DEFAULT_POLL_INTERVAL_MS } from './kinesis-mapping.ts';
import { kinesisSettings } from './kinesis-settings.ts';

let stream: StreamUnderTest;
beforeAll(async () => {
  stream = await StreamUnderTest.start();
});
afterAll(() => stream.close());

const deliveries = (invoker: RecordingInvoker<KinesisEvent>) => invoker.events.map(textsOf);
const delivered = (invoker: RecordingInvoker<KinesisEvent>) => deliveries(invoker).flat();

class KeptBatches {
  readonly batches: DiscardedBatch[] = [];
  async send(batch: DiscardedBatch): Promise<void> {
    this.batches.push(batch);
  }
}

describe('events', () => {
  test('have the shape that Lambda documents', async () => {
    await stream.create('shape');
    const [sequenceNumber] = await stream.put('shape', ['cnv_1', 'hällo']);
    const invoker = new RecordingInvoker<KinesisEvent>();
    await stream.map('shape', invoker);
    await until(() => invoker.events.length === 1);

    const arrival = invoker.events[0]?.Records[0]?.kinesis.approximateArrivalTimestamp ?? 0;
    expect(Math.abs(arrival - Date.now() / 1000)).toBeLessThan(60);
    expect(invoker.events[0]).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'cnv_1',
            sequenceNumber,
            data: Buffer.from('hällo').toString('base64'),
            approximateArrivalTimestamp: arrival,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `shardId-000000000000:${sequenceNumber}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::000000000000:role/DeliverRole',
          awsRegion: 'us-east-1',
          eventSourceARN: streamArn('shape'),
        },
      ],
    });
  });

  test('hold at most BatchSize records, in order', async () => {
    await stream.create('sizes');
    const texts = Array.from({ length: 7 }, (_, index) => `m${index}`);
    await stream.put('sizes', ...texts.map((text): [string, string] => ['key', text]));
    const invoker = new RecordingInvoker<KinesisEvent>();
    await stream.map('sizes', invoker, { BatchSize: 3 });
    await until(() => delivered(invoker).length === 7);
    expect(deliveries(invoker)).toEqual([['m0', 'm1', 'm2'], ['m3', 'm4', 'm5'], ['m6']]);
  });

  test('stay under the 6 MB that an invocation takes', async () => {
    await stream.create('large');
    const text = 'x'.repeat(900_000);
    await stream.put('large', ...Array.from({ length: 7 }, (): [string, string] => ['key', text]));
    const invoker = new RecordingInvoker<KinesisEvent>();
    await stream.map('large', invoker);
    await until(() => delivered(invoker).length === 7);
    for (const event of invoker.events) expect(JSON.stringify(event).length).toBeLessThan(6 * 1024 * 1024);
    expect(invoker.events[0]?.Records).toHaveLength(5);
  });

  test('wait for the batching window, unless the batch is full before', async () => {
    await stream.create('window');
    const invoker = new RecordingInvoker<KinesisEvent>();
    await stream.map('window', invoker, { BatchSize: 3, MaximumBatchingWindowInSeconds: 1 });
    const started = Date.now();
    await stream.put('window', ['key', 'a'], ['key', 'b']);
    await until(() => invoker.events.length === 1);
    expect(Date.now() - started).toBeGreaterThanOrEqual(950);

    const again = Date.now();
    await stream.put('window', ['key', 'c'], ['key', 'd'], ['key', 'e']);
    await until(() => invoker.events.length === 2);
    expect(Date.now() - again).toBeLessThan(900);
    expect(deliveries(invoker)).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  });

  test('come within 50 ms of the poll', () => {
    expect(DEFAULT_POLL_INTERVAL_MS).toBeLessThanOrEqual(50);
  });
});

describe('parallelization factor', () => {
  test('10 runs ten batches of a shard at a time and keeps the order of each partition key', async () => {
    await stream.create('parallel');
    const keys = Array.from({ length: 60 }, (_, index) => `cnv_${index}`);
    for (let round = 0; round < 5; round++) {
      await stream.put('parallel', ...keys.map((key): [string, string] => [key, `${key}/${round}`]));
    }
    const underWay = new Set<string>();
    const invoker = new RecordingInvoker<KinesisEvent>(async (event) => {
      const here = new Set(event.Records.map((record) => record.kinesis.partitionKey));
      for (const key of here) {
        if (underWay.has(key)) throw new Error(`${key} is being delivered twice at a time`);
        underWay.add(key);
      }
      // The first ten invocations hold each other up until all of them are there.
      await until(() => invoker.mostRunning === 10);
      for (const key of here) underWay.delete(key);
    });
    const mapping = await stream.map('parallel', invoker, { ParallelizationFactor: 10, BatchSize: 10 });
    await until(() => mapping.counters?.recordsDelivered === 300);

    expect(invoker.mostRunning).toBe(10);
    expect(mapping.counters?.failedInvocations).toBe(0);
    for (const key of keys) {
      const order = delivered(invoker).filter((text) => text.startsWith(`${key}/`));
      expect(order).toEqual([0, 1, 2, 3, 4].map((round) => `${key}/${round}`));
    }
  });

  test('a blocked partition key leaves other sub-streams running, and the checkpoint before it', async () => {
    await stream.create('blocked');
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      if (textsOf(event).some((text) => text === 'poison' && !healed)) throw new Error('poison');
    });
    let healed = false;
    await stream.put('blocked', ['bad', 'poison']);
    const mapping = await stream.map('blocked', invoker, { ParallelizationFactor: 10 });
    const others = Array.from({ length: 40 }, (_, index): [string, string] => [`key${index}`, `m${index}`]);
    await stream.put('blocked', ...others);
    // Some share the poison's sub-stream and wait behind it; nine tenths do not.
    await until(() => (mapping.counters?.recordsDelivered ?? 0) > 25);
    await mapping.close();

    healed = true;
    const next = new RecordingInvoker<KinesisEvent>();
    await stream.map('blocked', next, { ParallelizationFactor: 10 });
    await until(() => delivered(next).length === 41);
    expect(delivered(next)).toContain('poison');
  });
});

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

describe('errors of the function', () => {
  test('bring the whole batch again, MaximumRetryAttempts times, and then send it to the destination', async () => {
    await stream.create('retries');
    const numbers = await stream.put('retries', ['k', 'a'], ['k', 'b']);
    const kept = new KeptBatches();
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      if (textsOf(event).includes('a')) throw new Error('boom');
    });
    await stream.map('retries', invoker, { MaximumRetryAttempts: 2 }, { destination: kept });
    await until(() => invoker.events.length === 3 && invoker.running === 0);
    await stream.put('retries', ['k', 'c']);
    await until(() => invoker.events.length === 4);

    expect(deliveries(invoker)).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['c']]);
    expect(kept.batches).toHaveLength(1);
    expect(kept.batches[0]).toMatchObject({
      condition: 'RetryAttemptsExhausted',
      invocations: 3,
      lastInvocation: { functionError: 'Unhandled' },
      records: [{ sequenceNumber: numbers[0] }, { sequenceNumber: numbers[1] }],
      event: {
        Records: [{ kinesis: { sequenceNumber: numbers[0] } }, { kinesis: { sequenceNumber: numbers[1] } }],
      },
    });
  });

  test('split the batch in halves where bisecting is on, so that a poison record ends up alone', async () => {
    await stream.create('bisect');
    const texts = ['a', 'b', 'c', 'poison', 'e', 'f', 'g', 'h'];
    const numbers = await stream.put('bisect', ...texts.map((text): [string, string] => ['k', text]));
    const kept = new KeptBatches();
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      if (textsOf(event).includes('poison')) throw new Error('poison');
    });
    const mapping = await stream.map(
      'bisect',
      invoker,
      { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 },
      { destination: kept },
    );
    await until(() => mapping.counters?.recordsDelivered === 7);

    expect(deliveries(invoker)).toEqual([
      texts,
      ['a', 'b', 'c', 'poison'],
      ['a', 'b'],
      ['c', 'poison'],
      ['c'],
      ['poison'],
      ['poison'],
      ['e', 'f', 'g', 'h'],
    ]);
    expect(kept.batches.map((batch) => batch.records.map((record) => record.sequenceNumber))).toEqual([
      [numbers[3]],
    ]);
  });

  test('are retried until the record is older than MaximumRecordAgeInSeconds', async () => {
    await stream.create('age');
    await stream.put('age', ['k', 'old']);
    const kept = new KeptBatches();
    let lead = 0;
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      if (!textsOf(event).includes('old')) return;
      if (invoker.events.length === 3) lead = 61_000;
      throw new Error('boom');
    });
    const mapping = await stream.map(
      'age',
      invoker,
      { MaximumRecordAgeInSeconds: 60, MaximumRetryAttempts: -1 },
      { destination: kept, now: () => Date.now() + lead },
    );
    await until(() => kept.batches.length === 1);
    expect(kept.batches).toMatchObject([{ condition: 'RecordAgeExceeded', invocations: 3 }]);
    expect(mapping.counters).toMatchObject({ recordsDelivered: 0, recordsDiscarded: 1 });
  });

  test('do not count where the function could not be invoked at all', async () => {
    await stream.create('throttled');
    await stream.put('throttled', ['k', 'a']);
    const kept = new KeptBatches();
    const invoker = new RecordingInvoker<KinesisEvent>(() => {
      if (invoker.events.length <= 5) throw new CannotInvoke('Rate exceeded');
    });
    const mapping = await stream.map(
      'throttled',
      invoker,
      { MaximumRetryAttempts: 0 },
      { destination: kept },
    );
    await until(() => mapping.counters?.recordsDelivered === 1);
    expect(kept.batches).toEqual([]);
  });

  test('keep the batch until the destination has taken it', async () => {
    await stream.create('destination-down');
    await stream.put('destination-down', ['k', 'a']);
    const sent: DiscardedBatch[] = [];
    const destination = {
      async send(batch: DiscardedBatch) {
        sent.push(batch);
        if (sent.length < 3) throw new Error('bucket unreachable');
      },
    };
    const invoker = new RecordingInvoker<KinesisEvent>((event) => {
      if (textsOf(event).includes('a')) throw new Error('boom');
    });
    await stream.map('destination-down', invoker, { MaximumRetryAttempts: 0 }, { destination });
    await until(() => sent.length > 0);
    await stream.put('destination-down', ['k', 'b']);
    await until(() => delivered(invoker).includes('b'));
    expect(sent).toHaveLength(3);
  });
});

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

describe('settings', () => {
  const settings = (properties: Record<string, unknown>) =>
    kinesisSettings(mappingResource({ StartingPosition: 'TRIM_HORIZON', ...properties }));

  test('have the defaults of AWS', () => {
    expect(settings({})).toEqual({
      batchSize: 100,
      batchingWindowSeconds: 0,
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      reportBatchItemFailures: false,
      startFrom: 0,
      onFailureArn: undefined,
    });
  });

  test.each([
    { BatchSize: 10_001 },
    { ParallelizationFactor: 11 },
    { MaximumRecordAgeInSeconds: 59 },
    { MaximumRetryAttempts: -2 },
    { MaximumBatchingWindowInSeconds: 301 },
    { StartingPosition: 'NOW' },
    { FilterCriteria: { Filters: [] } },
    { TumblingWindowInSeconds: 10 },
  ])('refuse %o', (properties) => {
    expect(() => settings(properties)).toThrow(/EventSourceMapping Mapping/);
  });
});
