import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RecordingInvoker } from './fixtures/recording-invoker.ts';
import { type KinesisEvent, StreamUnderTest, streamArn, textsOf } from './fixtures/stream-under-test.ts';
import { until } from './fixtures/until.ts';
import { DEFAULT_POLL_INTERVAL_MS } from './kinesis-mapping.ts';

let stream: StreamUnderTest;
beforeAll(async () => {
  stream = await StreamUnderTest.start();
});
afterEach(() => stream.closeMappings());
afterAll(() => stream.close());

const deliveries = (invoker: RecordingInvoker<KinesisEvent>) => invoker.events.map(textsOf);
const delivered = (invoker: RecordingInvoker<KinesisEvent>) => deliveries(invoker).flat();

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

describe('polling', () => {
  test('leaves a shard alone while nothing arrives, and misses nothing of what does', async () => {
    await stream.create('announced');
    let reads = 0;
    stream.kinesis.middlewareStack.add(
      (next, context) => (request) => {
        if (context.commandName === 'GetRecordsCommand') reads += 1;
        return next(request);
      },
      { step: 'initialize', name: 'countReads' },
    );
    const invoker = new RecordingInvoker<KinesisEvent>();
    await stream.map('announced', invoker, {}, { pollIntervalMs: 1, arrivals: stream.arrivals });
    for (let index = 0; index < 50; index++) await stream.put('announced', ['k', `m${index}`]);
    await until(() => delivered(invoker).length === 50);
    expect(delivered(invoker)).toEqual(Array.from({ length: 50 }, (_, index) => `m${index}`));

    const readsBefore = reads;
    await new Promise((resolve) => setTimeout(resolve, 300));
    // At one a millisecond it would be hundreds.
    expect(reads - readsBefore).toBeLessThan(10);
    stream.kinesis.middlewareStack.remove('countReads');
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
