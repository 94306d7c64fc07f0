import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

export type DeadLetter = {
  reason: string;
  /** Where the record came from: `shardId:sequenceNumber`. */
  eventId: string;
  partitionKey: string;
  /** The record's bytes as they were, in base64. */
  data: string;
};

/** Records that can never be processed, whole, for a person to look at. */
export class DeadLetterQueue {
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async put(letter: DeadLetter): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({ QueueUrl: this.#url, MessageBody: JSON.stringify(letter) }),
    );
  }
}
