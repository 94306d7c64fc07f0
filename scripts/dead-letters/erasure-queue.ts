/** The dead-letter queue of erasures: users who asked to be erased, and are not. */
import { type Message, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { ErasureJob } from '../../shared/domain/erasure-job.ts';
import { type DeadLetter, type DeadLetterPlace, deadLetterId } from './dead-letter.ts';
import { HeldMessages, type Looking, sentAt } from './held-messages.ts';
import { readJson } from './read-json.ts';

const place = 'erasure dead-letter queue';

export class ErasureDeadLetters implements DeadLetterPlace {
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
    const parsed = v.safeParse(ErasureJob, readJson(Body));
    const job = parsed.success ? parsed.output : undefined;
    return {
      id: deadLetterId(place, MessageId),
      place,
      reason: job ? 'the user could not be erased' : 'no erasure of Parley',
      since: sentAt(message),
      // Nobody's erasure waits for another's.
      position: 0n,
      size: { records: job ? 1 : 0, partitionKeys: job ? [job.userId] : [] },
      contents: async () => (job ? { kind: 'job', job } : { kind: 'unreadable', text: Body }),
      putBack: async () => {
        if (!job) throw new Error('It cannot be read, so there is nothing to put back.');
        await this.#client.send(new SendMessageCommand({ QueueUrl: this.#jobsUrl, MessageBody: Body }));
      },
      remove: () => this.#messages.delete(MessageId),
    };
  }
}
