/** The dead-letter queue of deliver: records that it found impossible to process, one a message. */
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { RecordWriter } from '../stream/record-writer.ts';
import {
  type Contents,
  type DeadLetter,
  type DeadLetterPlace,
  deadLetterId,
  positionOf,
} from './dead-letter.ts';
import { HeldMessages, type Looking, sentAt } from './held-messages.ts';
import { readJson } from './read-json.ts';

/** What lambdas/stores/dead-letter-queue.ts writes. */
const Letter = v.object({
  reason: v.string(),
  eventId: v.string(),
  partitionKey: v.string(),
  data: v.pipe(v.string(), v.base64()),
});

const place = 'dead-letter queue';

export class RecordQueue implements DeadLetterPlace {
  readonly #messages: HeldMessages;
  readonly #writer: RecordWriter;

  constructor(client: SQSClient, queueUrl: string, writer: RecordWriter, looking: Looking) {
    this.#messages = new HeldMessages(client, queueUrl, looking);
    this.#writer = writer;
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
    const parsed = v.safeParse(Letter, readJson(Body));
    const found: Contents = parsed.success
      ? {
          kind: 'records',
          records: [
            {
              eventId: parsed.output.eventId,
              partitionKey: parsed.output.partitionKey,
              data: Buffer.from(parsed.output.data, 'base64'),
            },
          ],
        }
      : { kind: 'unreadable', text: Body };
    const records = found.kind === 'records' ? found.records : [];
    return {
      id: deadLetterId(place, MessageId),
      place,
      reason: parsed.success ? parsed.output.reason : 'no dead letter of Parley',
      since: sentAt(message),
      position: parsed.success ? positionOf(parsed.output.eventId) : 0n,
      size: { records: records.length, partitionKeys: records.map(({ partitionKey }) => partitionKey) },
      contents: async () => found,
      putBack: async () => {
        if (records.length === 0) throw new Error('It cannot be read, so there is nothing to put back.');
        for (const record of records) await this.#writer.put(record);
      },
      remove: () => this.#messages.delete(MessageId),
    };
  }
}
