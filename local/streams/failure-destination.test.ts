import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { emulatorClient } from '../emulators/aws-client.ts';
import type { Emulator } from '../emulators/emulator.ts';
import { access } from '../emulators/fixtures/access.ts';
import { startQueuesAndBuckets } from '../emulators/queues-and-buckets.ts';
import { BucketDestination, QueueDestination } from './failure-destination.ts';
import { RecordingInvoker } from './fixtures/recording-invoker.ts';
import { type KinesisEvent, mappingId, StreamUnderTest, streamArn } from './fixtures/stream-under-test.ts';
import { until } from './fixtures/until.ts';

let stream: StreamUnderTest;
let emulator: Emulator;
let s3: S3Client;
let sqs: SQSClient;
beforeAll(async () => {
  stream = await StreamUnderTest.start();
  emulator = await startQueuesAndBuckets({ dataDirectory: stream.folder, ...access });
  s3 = new S3Client({ ...emulatorClient(emulator.endpoint, access), forcePathStyle: true });
  sqs = new SQSClient(emulatorClient(emulator.endpoint, access));
});
afterEach(() => stream.closeMappings());
afterAll(async () => {
  s3.destroy();
  sqs.destroy();
  await emulator.close();
  await stream.close();
});

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const alwaysFails = () =>
  new RecordingInvoker<KinesisEvent>(() => {
    throw new Error('boom');
  });

function positionOf(streamName: string, numbers: string[], invocations: number) {
  return {
    requestContext: {
      requestId: uuid,
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Deliver',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: invocations,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: isoTime,
    KinesisBatchInfo: {
      shardId: 'shardId-000000000000',
      startSequenceNumber: numbers[0],
      endSequenceNumber: numbers.at(-1),
      approximateArrivalOfFirstRecord: isoTime,
      approximateArrivalOfLastRecord: isoTime,
      batchSize: numbers.length,
      streamArn: streamArn(streamName),
    },
  };
}

describe('on-failure destination', () => {
  test('a bucket gets the whole invocation record under the documented key', async () => {
    await stream.create('to-bucket');
    const numbers = await stream.put('to-bucket', ['k', 'a'], ['k', 'b']);
    await s3.send(new CreateBucketCommand({ Bucket: 'failures' }));
    const invoker = alwaysFails();
    const mapping = await stream.map(
      'to-bucket',
      invoker,
      { MaximumRetryAttempts: 1 },
      { destination: new BucketDestination(s3, 'failures') },
    );
    await until(() => mapping.counters?.recordsDiscarded === 2);
    await mapping.close();

    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'failures' }));
    expect(Contents).toHaveLength(1);
    const key = Contents?.[0]?.Key ?? '';
    expect(key).toMatch(
      new RegExp(
        `^aws/lambda/${mappingId}/shardId-000000000000/\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d-[0-9a-f-]{36}$`,
      ),
    );
    const object = await s3.send(new GetObjectCommand({ Bucket: 'failures', Key: key }));
    const record = JSON.parse((await object.Body?.transformToString()) ?? '');
    expect(record).toEqual({ ...positionOf('to-bucket', numbers, 2), payload: expect.any(String) });
    expect(JSON.parse(record.payload)).toEqual(invoker.events[0]);
  });

  test('a queue gets the position only', async () => {
    await stream.create('to-queue');
    const numbers = await stream.put('to-queue', ['k', 'secret text']);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'failures' }));
    await stream.map(
      'to-queue',
      alwaysFails(),
      { MaximumRetryAttempts: 0 },
      { destination: new QueueDestination(sqs, QueueUrl) },
    );
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    expect(JSON.parse(Messages?.[0]?.Body ?? '')).toEqual(positionOf('to-queue', numbers, 1));
  });
});
