import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InvocationOutcome } from '../lambda/lambda-pool.ts';
import { BatchDelivery } from './batch-delivery.ts';
import { KeptBatches } from './fixtures/kept-batches.ts';
import { mappingResource } from './fixtures/stream-under-test.ts';
import { kinesisSettings } from './kinesis-settings.ts';
import type { StreamRecord } from './stream-record.ts';

const record = (index: number): StreamRecord => ({
  shardId: 'shardId-000000000000',
  sequenceNumber: String(index + 1),
  partitionKey: 'k',
  data: new Uint8Array(),
  arrivedAt: 0,
});

type Answer = 'succeed' | 'throw' | 'refuse the invocation' | { failFrom: number };
type Event = { Records: { kinesis: { sequenceNumber: string } }[] };

/** Does what the schedule says, invocation by invocation, and then succeeds but for the poison. */
function functionThat(schedule: Answer[], poison: ReadonlySet<string>) {
  const invocations: string[][] = [];
  return {
    invocations,
    async invoke(_name: string, event: unknown): Promise<InvocationOutcome> {
      const numbers = (event as Event).Records.map(({ kinesis }) => kinesis.sequenceNumber);
      const answer = schedule.shift() ?? 'succeed';
      if (answer === 'refuse the invocation') throw new Error('Rate exceeded');
      invocations.push(numbers);
      const isPoisoned = numbers.some((number) => poison.has(number));
      if (answer === 'throw') return { functionError: { errorType: 'Error', errorMessage: 'boom' } };
      const failed = numbers.filter((number) => poison.has(number));
      if (typeof answer === 'object') failed.push(...numbers.slice(answer.failFrom % numbers.length));
      return isPoisoned || typeof answer === 'object'
        ? { payload: { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) } }
        : { payload: null };
    },
  };
}

const answers = fc.oneof(
  fc.constantFrom<Answer>('succeed', 'throw', 'refuse the invocation'),
  fc.record({ failFrom: fc.nat({ max: 20 }) }),
);

test('whatever the function does, every record is settled once, in order, and as delivered or as given up', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        size: fc.integer({ min: 1, max: 20 }),
        poison: fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }),
        schedule: fc.array(answers, { maxLength: 20 }),
        bisect: fc.boolean(),
        maximumRetryAttempts: fc.integer({ min: 0, max: 4 }),
      }),
      async ({ size, poison, schedule, bisect, maximumRetryAttempts }) => {
        const poisonous = new Set(poison.map(String));
        const lambda = functionThat([...schedule], poisonous);
        const kept = new KeptBatches();
        const delivery = new BatchDelivery({
          mappingId: 'mapping',
          functionName: 'Deliver',
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Deliver',
          origin: { region: 'us-east-1', streamArn: 'arn', invokeIdentityArn: 'role' },
          settings: kinesisSettings(
            mappingResource({
              StartingPosition: 'TRIM_HORIZON',
              FunctionResponseTypes: ['ReportBatchItemFailures'],
              BisectBatchOnFunctionError: bisect,
              MaximumRetryAttempts: maximumRetryAttempts,
            }),
          ),
          retentionSeconds: 86_400,
          invoker: lambda,
          destination: kept,
          backoff: () => 0,
          now: () => 0,
          log: () => {},
          signal: new AbortController().signal,
        });
        const records = Array.from({ length: size }, (_, index) => record(index));
        const settled: string[] = [];
        await delivery.deliver(records, (some) =>
          settled.push(...some.map(({ sequenceNumber }) => sequenceNumber)),
        );

        const all = records.map(({ sequenceNumber }) => sequenceNumber);
        expect(settled).toEqual(all);
        const givenUp = kept.batches.flatMap((batch) =>
          batch.records.map(({ sequenceNumber }) => sequenceNumber),
        );
        expect(new Set(givenUp).size).toBe(givenUp.length);
        expect(delivery.counters.recordsDelivered + delivery.counters.recordsDiscarded).toBe(size);
        for (const number of all.filter((candidate) => poisonous.has(candidate)))
          expect(givenUp).toContain(number);
        for (const batch of kept.batches) {
          expect(batch.condition).toBe('RetryAttemptsExhausted');
          if (bisect) expect(batch.records).toHaveLength(1);
        }
        // Every invocation is of neighbours: nothing is left out or put in another order.
        for (const numbers of lambda.invocations) {
          expect(numbers).toEqual(numbers.map((_, index) => String(Number(numbers[0]) + index)));
        }
      },
    ),
    { numRuns: 300 },
  );
});
