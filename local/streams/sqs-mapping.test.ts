import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { emulatorClient } from '../emulators/aws-client.ts';
import type { Emulator } from '../emulators/emulator.ts';
import { access } from '../emulators/fixtures/access.ts';
import { startQueuesAndBuckets } from '../emulators/queues-and-buckets.ts';
import { RecordingInvoker } from './fixtures/recording-invoker.ts';
import { mappingResource } from './fixtures/stream-under-test.ts';
import { until } from './fixtures/until.ts';
import { SqsMapping } from './sqs-mapping.ts';
import { sqsSettings } from './sqs-settings.ts';

type SqsEvent = { Records: { messageId: string; body: string; attributes: Record<string, string> }[] };

let folder: string;
let emulator: Emulator;
let sqs: SQSClient;
let mappings: SqsMapping[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-queue-'));
  emulator = await startQueuesAndBuckets({ dataDirectory: folder, ...access });
  sqs = new SQSClient(emulatorClient(emulator.endpoint, access));
});
afterEach(async () => {
  await Promise.all(mappings.map((mapping) => mapping.close()));
  mappings = [];
});
afterAll(async () => {
  sqs.destroy();
  await emulator.close();
  rmSync(folder, { recursive: true });
});

async function createQueue(QueueName: string, Attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

function map(
  name: string,
  queueUrl: string,
  invoker: RecordingInvoker<SqsEvent>,
  properties: Record<string, unknown> = {},
) {
  const mapping = new SqsMapping({
    functionName: 'Fanout',
    queueUrl,
    queueArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    region: 'us-east-1',
    settings: sqsSettings(mappingResource(properties), { isFifo: false }),
    sqs,
    invoker,
    log: () => {},
  });
  mapping.start();
  mappings.push(mapping);
  return mapping;
}

async function send(QueueUrl: string, ...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
}

async function left(QueueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return (
    Number(Attributes?.['ApproximateNumberOfMessages']) +
    Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'])
  );
}

const bodies = (invoker: RecordingInvoker<SqsEvent>) =>
  invoker.events.map((event) => event.Records.map(({ body }) => body));

describe('events', () => {
  test('have the shape that Lambda documents', async () => {
    const queueUrl = await createQueue('shape');
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: 'hello',
        MessageAttributes: {
          trace: { DataType: 'String', StringValue: 'abc' },
          blob: { DataType: 'Binary', BinaryValue: Buffer.from('xyz') },
        },
      }),
    );
    const invoker = new RecordingInvoker<SqsEvent>();
    map('shape', queueUrl, invoker);
    await until(() => invoker.events.length === 1);
    expect(invoker.events[0]).toEqual({
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            trace: { stringValue: 'abc', stringListValues: [], binaryListValues: [], dataType: 'String' },
            blob: {
              binaryValue: Buffer.from('xyz').toString('base64'),
              stringListValues: [],
              binaryListValues: [],
              dataType: 'Binary',
            },
          },
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:shape',
          awsRegion: 'us-east-1',
        },
      ],
    });
  });

  test('hold at most BatchSize messages', async () => {
    const queueUrl = await createQueue('sizes');
    await send(queueUrl, 'a', 'b', 'c', 'd', 'e');
    const invoker = new RecordingInvoker<SqsEvent>();
    map('sizes', queueUrl, invoker, { BatchSize: 2 });
    await until(() => bodies(invoker).flat().length === 5);
    for (const batch of bodies(invoker)) expect(batch.length).toBeLessThanOrEqual(2);
  });

  test('gather more than ten messages over the batching window', async () => {
    const queueUrl = await createQueue('window');
    await send(queueUrl, ...Array.from({ length: 10 }, (_, index) => `m${index}`));
    await send(queueUrl, 'm10', 'm11');
    const invoker = new RecordingInvoker<SqsEvent>();
    map('window', queueUrl, invoker, {
      BatchSize: 12,
      MaximumBatchingWindowInSeconds: 2,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    await until(() => bodies(invoker).flat().length === 12);
    // Two pollers share the queue; what one of them has begun with ten it fills up from the rest.
    expect(invoker.events.length).toBeLessThanOrEqual(2);
  });
});

describe('what becomes of the messages', () => {
  test('those of a successful batch are deleted', async () => {
    const queueUrl = await createQueue('done');
    await send(queueUrl, 'a', 'b');
    const invoker = new RecordingInvoker<SqsEvent>(() => ({ statusCode: 500 }));
    const mapping = map('done', queueUrl, invoker, { FunctionResponseTypes: ['ReportBatchItemFailures'] });
    await until(() => mapping.counters.messagesDeleted === 2);
    expect(await left(queueUrl)).toBe(0);
  });

  test('those reported failed come again after the visibility timeout, the others are deleted', async () => {
    const queueUrl = await createQueue('partial', { VisibilityTimeout: '1' });
    await send(queueUrl, 'good', 'bad', 'fine');
    const invoker = new RecordingInvoker<SqsEvent>((event) => ({
      batchItemFailures: event.Records.filter(
        ({ body, attributes }) => body === 'bad' && attributes['ApproximateReceiveCount'] === '1',
      ).map(({ messageId }) => ({ itemIdentifier: messageId })),
    }));
    const mapping = map('partial', queueUrl, invoker, { FunctionResponseTypes: ['ReportBatchItemFailures'] });
    await until(() => mapping.counters.messagesDeleted === 3);
    expect(bodies(invoker).flat().sort()).toEqual(['bad', 'bad', 'fine', 'good']);
    expect(await left(queueUrl)).toBe(0);
  });

  test('all of a batch come again when the function fails, or reports a message that it was not given', async () => {
    const queueUrl = await createQueue('whole', { VisibilityTimeout: '1' });
    await send(queueUrl, 'a', 'b');
    const invoker = new RecordingInvoker<SqsEvent>((event) => {
      const received = Math.min(
        ...event.Records.map(({ attributes }) => Number(attributes['ApproximateReceiveCount'])),
      );
      if (received === 1) throw new Error('boom');
      return received === 2 ? { batchItemFailures: [{ itemIdentifier: 'someone else' }] } : null;
    });
    const mapping = map('whole', queueUrl, invoker, { FunctionResponseTypes: ['ReportBatchItemFailures'] });
    await until(() => mapping.counters.messagesDeleted === 2);
    expect(bodies(invoker)[0]).toEqual(['a', 'b']);
    expect(bodies(invoker).flat().sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
  });

  test('those received maxReceiveCount times go to the dead-letter queue', async () => {
    const deadUrl = await createQueue('dead');
    const queueUrl = await createQueue('redrive', {
      VisibilityTimeout: '1',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
        maxReceiveCount: 2,
      }),
    });
    await send(queueUrl, 'poison');
    const invoker = new RecordingInvoker<SqsEvent>(() => {
      throw new Error('boom');
    });
    map('redrive', queueUrl, invoker);
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: deadUrl, WaitTimeSeconds: 20 }),
    );
    expect(Messages?.map(({ Body }) => Body)).toEqual(['poison']);
    expect(invoker.events).toHaveLength(2);
    expect(await left(queueUrl)).toBe(0);
  });
});

test('MaximumConcurrency bounds the batches that run at a time', async () => {
  const queueUrl = await createQueue('concurrency');
  await send(queueUrl, 'a', 'b', 'c', 'd', 'e', 'f');
  const invoker: RecordingInvoker<SqsEvent> = new RecordingInvoker<SqsEvent>(() =>
    until(() => invoker.mostRunning === 3),
  );
  const mapping = map('concurrency', queueUrl, invoker, {
    BatchSize: 1,
    ScalingConfig: { MaximumConcurrency: 3 },
  });
  await until(() => mapping.counters.messagesDeleted === 6);
  expect(invoker.mostRunning).toBe(3);
});

describe('settings', () => {
  test('have the defaults of AWS', () => {
    expect(sqsSettings(mappingResource({}), { isFifo: false })).toEqual({
      batchSize: 10,
      batchingWindowSeconds: 0,
      reportBatchItemFailures: false,
      maximumConcurrency: 5,
    });
  });

  test.each([
    { properties: { BatchSize: 11 }, isFifo: false },
    { properties: { BatchSize: 11, MaximumBatchingWindowInSeconds: 1 }, isFifo: true },
    { properties: { MaximumBatchingWindowInSeconds: 1 }, isFifo: true },
    { properties: { ScalingConfig: { MaximumConcurrency: 1 } }, isFifo: false },
    { properties: { FilterCriteria: { Filters: [] } }, isFifo: false },
  ])('refuse %o', ({ properties, isFifo }) => {
    expect(() => sqsSettings(mappingResource(properties), { isFifo })).toThrow(/EventSourceMapping Mapping/);
  });
});
