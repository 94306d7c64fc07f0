import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emulatorClient } from './aws-client.ts';
import type { Emulator } from './emulator.ts';
import { access } from './fixtures/access.ts';
import { startQueuesAndBuckets } from './queues-and-buckets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-queues-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const start = () => startQueuesAndBuckets({ dataDirectory: folder, ...access });
const s3Of = ({ endpoint }: Emulator) =>
  new S3Client({ ...emulatorClient(endpoint, access), forcePathStyle: true });
const sqsOf = ({ endpoint }: Emulator) => new SQSClient(emulatorClient(endpoint, access));

test('messages and objects survive a restart', async () => {
  const first = await start();
  const sqs = sqsOf(first);
  const s3 = s3Of(first);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'dead' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a dead letter' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'failures' }));
  await s3.send(new PutObjectCommand({ Bucket: 'failures', Key: 'aws/lambda/x', Body: 'a failed record' }));
  await first.close();

  const second = await start();
  // The URL still names the first one's port: only its path counts.
  const { Messages } = await sqsOf(second).send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['a dead letter']);
  const object = await s3Of(second).send(new GetObjectCommand({ Bucket: 'failures', Key: 'aws/lambda/x' }));
  expect(await object.Body?.transformToString()).toBe('a failed record');
  await second.close();
});

test('a message that is given back at once is shown again, and kept', async () => {
  const first = await start();
  const sqs = sqsOf(first);
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'jobs', Attributes: { VisibilityTimeout: '1' } }),
  );
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a job' }));
  const receive = async (client: SQSClient) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))).Messages?.[0];
  const message = await receive(sqs);
  const { ReceiptHandle } = message ?? {};
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  expect((await receive(sqs))?.MessageId).toBe(message?.MessageId);
  await first.close();

  const second = await start();
  expect((await receive(sqsOf(second)))?.Body).toBe('a job');
  await second.close();
});

test('what was being worked on when it ended is given out again at once, in its order', async () => {
  const first = await start();
  const sqs = sqsOf(first);
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({
      QueueName: 'jobs.fifo',
      Attributes: { FifoQueue: 'true', VisibilityTimeout: '3600', ContentBasedDeduplication: 'true' },
    }),
  );
  for (const MessageBody of ['first', 'second']) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'a bucket' }));
  }
  const receive = async (client: SQSClient) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages?.map(
      ({ Body }) => Body,
    );
  expect(await receive(sqs)).toEqual(['first', 'second']);
  await first.close();

  const second = await start();
  expect(await receive(sqsOf(second))).toEqual(['first', 'second']);
  await second.close();
});

test('only this machine reaches it', async () => {
  const emulator = await start();
  const port = Number(new URL(emulator.endpoint).port);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of outside) {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect(port, address);
      socket.once('connect', () => resolve('connected')).once('error', () => resolve('refused'));
      socket.once('connect', () => socket.destroy());
    });
    expect(outcome).toBe('refused');
  }
  await emulator.close();
});
