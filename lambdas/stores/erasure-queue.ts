import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ClosingJob } from '../../shared/domain/closing-job.ts';
import type { ErasureJob } from '../../shared/domain/erasure-job.ts';

/** The most that SQS delays one message by (docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html). */
const maxDelaySeconds = 900;

/**
 * The queue of what goes on after the request that asked for it. A user who is to be erased is a job that is done a slice at a
 * time, and put back until nothing is left.
 */
export class ErasureQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  /** Resolves once the job is durable. It is given out after `delaySeconds` at the earliest. */
  async put(userId: string, delaySeconds: number): Promise<void> {
    await this.#send({ version: 1, userId }, delaySeconds);
  }

  /** The same for a user of whose ended sessions connections may be left. */
  async putClosing(userId: string, sessionId: string | undefined, delaySeconds: number): Promise<void> {
    await this.#send({ kind: 'closeEnded', userId, sessionId }, delaySeconds);
  }

  async #send(job: ErasureJob | ClosingJob, delaySeconds: number): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
        MessageBody: JSON.stringify(job),
        DelaySeconds: Math.min(delaySeconds, maxDelaySeconds),
      }),
    );
  }
}
