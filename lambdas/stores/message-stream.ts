import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';

const encoder = new TextEncoder();

/** The stream of accepted messages and changes. Its partition key is the conversation, which is what keeps each one in order. */
export class MessageStream {
  readonly #client: KinesisClient;
  readonly #name: string;

  constructor(client: KinesisClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Resolves once the record is durable. */
  async put(accepted: AcceptedMessage | AcceptedChange): Promise<void> {
    await this.#client.send(
      new PutRecordCommand({
        StreamName: this.#name,
        PartitionKey: accepted.conversationId,
        Data: encoder.encode(JSON.stringify(accepted)),
      }),
    );
  }
}
