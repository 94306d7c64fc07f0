/** The dead-letter queue of the fan-out: jobs that were tried too often, each for one slice of a large group. */
import { type Message, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { FanOutJob, subjectOf } from '../../shared/domain/fan-out-job.ts';
import { bucketIdOf } from '../../shared/domain/large-groups.ts';
import { type DeadLetter, type DeadLetterPlace, deadLetterId } from './dead-letter.ts';
import { HeldMessages, type Looking, sentAt } from './held-messages.ts';
import { readJson } from './read-json.ts';

const place = 'fan-out dead-letter queue';

export class FanOutDeadLetters implements DeadLetterPlace {
  readonly #client: SQSClient;
  readonly #messages: HeldMessages;
  readonly #jobsUrl: string;

  constructor(client: SQSClient, queues: { deadLetters: string; jobs: string }, looking: Looking) {
    this.#client = client;
    this.#messages = new HeldMessages(client, queues.deadLetters, looking);
    this.#jobsUrl = queues.jobs;
  }

  async list(limit: number): Promise<DeadLetter[]> {
    return (await this.#messages.receive(limit)).map((message) => this.#letterOf(message));
  }

  count(): Promise<number> {
    return this.#messages.count();
  }

  release(): Promise<void> {
    return this.#messages.release();
  }

  #letterOf(message: Message): DeadLetter {
    const { MessageId = '', Body = '' } = message;
    const parsed = v.safeParse(FanOutJob, readJson(Body));
    const job = parsed.success ? parsed.output : undefined;
    return {
      id: deadLetterId(place, MessageId),
      place,
      reason: job ? `fan-out of ${subjectOf(job)} failed` : 'no fan-out job of Parley',
      since: sentAt(message),
      position: positionOf(job),
      size: { records: job ? 1 : 0, partitionKeys: job ? [job.conversationId] : [] },
      contents: async () => (job ? { kind: 'job', job } : { kind: 'unreadable', text: Body }),
      putBack: async () => {
        if (!job) throw new Error('It cannot be read, so there is nothing to put back.');
        await this.#client.send(
          new SendMessageCommand({
            QueueUrl: this.#jobsUrl,
            MessageBody: Body,
            MessageGroupId: bucketIdOf(job.conversationId, job.bucket),
            // Another id than the job's first: SQS drops one it has seen within five minutes, and then it would be lost.
            MessageDeduplicationId: `redrive:${MessageId}`,
          }),
        );
      },
      remove: () => this.#messages.delete(MessageId),
    };
  }
}

/** Older ones first, as far as can be told: among jobs about messages, or about changes. */
function positionOf(job: FanOutJob | undefined): bigint {
  if (job === undefined) return 0n;
  return BigInt('fromSeq' in job ? job.fromSeq : job.fromRevision);
}
