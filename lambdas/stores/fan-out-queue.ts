import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { FanOutJob } from '../../shared/domain/fan-out-job.ts';
import { bucketIdOf } from '../../shared/domain/large-groups.ts';
import { batchesOf, sendWhole } from './batches.ts';

/** SendMessageBatch takes 10 messages a call (docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html). */
const jobsPerBatch = 10;
const batchAttempts = 4;

/** The FIFO queue of fan-out jobs. Its message group is the bucket, so each bucket's jobs run one at a time, in order. */
export class FanOutQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  /** Resolves once all are durable; throws where some are not. A job sent again within five minutes is dropped. */
  async put(jobs: readonly FanOutJob[]): Promise<void> {
    const batches = batchesOf(jobs, jobsPerBatch);
    await Promise.all(batches.map((batch) => this.#putBatch(batch.map(entryOf))));
  }

  /** Makes a job that failed visible again after `seconds` rather than after the queue's whole visibility timeout. */
  async retryIn(receiptHandle: string, seconds: number): Promise<void> {
    await this.#client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }

  async #putBatch(batch: SendMessageBatchRequestEntry[]): Promise<void> {
    const put = async (wanted: SendMessageBatchRequestEntry[]) => {
      const { Failed = [] } = await this.#client.send(
        new SendMessageBatchCommand({ QueueUrl: this.#url, Entries: wanted }),
      );
      const failedIds = new Set(Failed.map(({ Id }) => Id));
      return wanted.filter(({ Id }) => failedIds.has(Id));
    };
    await sendWhole(
      batch,
      batchAttempts,
      put,
      (left) => new Error(`${left} fan-out jobs could not be queued`),
    );
  }
}

function entryOf(job: FanOutJob, index: number): SendMessageBatchRequestEntry {
  const { conversationId, bucket } = job;
  const subject =
    'fromSeq' in job ? `${job.fromSeq}-${job.toSeq}` : `changes-${job.fromRevision}-${job.toRevision}`;
  return {
    Id: String(index),
    MessageBody: JSON.stringify(job),
    MessageGroupId: bucketIdOf(conversationId, bucket),
    // The same after a redelivery of the records, whose jobs may all have been queued before.
    MessageDeduplicationId: `${conversationId}:${bucket}:${subject}`,
  };
}
