import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ErasureJob } from '../../shared/domain/erasure-job.ts';

/** The most that SQS delays one message by (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html). */
const maxDelaySeconds = 900;

/** The queue of users who are to be erased. A job in it is done a slice at a time, and put back until nothing is left. */
export class ErasureQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  /** Resolves once the job is durable. It is given out after `delaySeconds` at the earliest. */
  async put(userId: string, delaySeconds: number): Promise<void> {
    const job: ErasureJob = { version: 1, userId };
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
        MessageBody: JSON.stringify(job),
        DelaySeconds: Math.min(delaySeconds, maxDelaySeconds),
      }),
    );
  }
}
