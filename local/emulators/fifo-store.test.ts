import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorClient } from './aws-client.ts';
import type { Emulator } from './emulator.ts';
import { access } from './fixtures/access.ts';
import { startQueuesAndBuckets } from './queues-and-buckets.ts';

let folder: string;
let emulator: Emulator;
let sqs: SQSClient;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-fifo-'));
  emulator = await startQueuesAndBuckets({ dataDirectory: folder, ...access });
  sqs = new SQSClient(emulatorClient(emulator.endpoint, access));
});
afterAll(async () => {
  sqs.destroy();
  await emulator.close();
  rmSync(folder, { recursive: true });
});

/** A queue that holds these, each in the group of its first letter. */
async function queueOf(name: string, ...bodies: string[]): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: `${name}.fifo`, Attributes: { FifoQueue: 'true' } }),
  );
  const Entries = bodies.map((body) => ({
    Id: body,
    MessageBody: body,
    MessageGroupId: body.slice(0, 1),
    MessageDeduplicationId: body,
  }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  return QueueUrl;
}

async function receive(QueueUrl: string, MaxNumberOfMessages = 10): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages }));
  return Messages;
}
test('a batch holds all that waits of a group, in order, and nothing of a group that is under way', async () => {
  const queueUrl = await queueOf('whole', 'a1', 'a2', 'b1', 'a3', 'a4');
  const first = await receive(queueUrl, 3);
  expect(first.map(({ Body }) => Body)).toEqual(['a1', 'a2', 'a3']);
  expect((await receive(queueUrl)).map(({ Body }) => Body)).toEqual(['b1']);
  for (const { ReceiptHandle } of first) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  expect((await receive(queueUrl)).map(({ Body }) => Body)).toEqual(['a4']);
});

test('the group that has waited longest comes first, however much waits of another', async () => {
  const queueUrl = await queueOf('fair', 'a1', 'a2', 'b1', 'a3', 'b2', 'c1');
  const [a1] = await receive(queueUrl, 1);
  expect((await receive(queueUrl, 2)).map(({ Body }) => Body)).toEqual(['b1', 'b2']);
  await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: a1?.ReceiptHandle }));
  expect((await receive(queueUrl, 3)).map(({ Body }) => Body)).toEqual(['a2', 'a3', 'c1']);
});

test('what comes back comes in its old order, before what came after it', async () => {
  const queueUrl = await queueOf('back', 'a1', 'a2', 'a3');
  const given = await receive(queueUrl, 2);
  for (const { ReceiptHandle } of given) {
    const visibility = { QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 };
    await sqs.send(new ChangeMessageVisibilityCommand(visibility));
  }
  expect((await receive(queueUrl)).map(({ Body }) => Body)).toEqual(['a1', 'a2', 'a3']);
});
