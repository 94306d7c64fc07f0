import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DiscardedBatch } from './failure-destination.ts';
import { KeptBatches } from './fixtures/kept-batches.ts';
import { CannotInvoke, RecordingInvoker } from './fixtures/recording-invoker.ts';
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
