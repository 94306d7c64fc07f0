import { type KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import { batchesOf, sendWhole } from './batches.ts';

const encoder = new TextEncoder();
/** PutRecords takes 500 records a call (docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html). */
const recordsPerBatch = 500;
const batchAttempts = 6;

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
    await this.#client.send(new PutRecordCommand({ StreamName: this.#name, ...recordOf(accepted) }));
  }

  /** Resolves once all are durable; throws where some may not be. They are put in no order. */
  async putAll(changes: readonly AcceptedChange[]): Promise<void> {
    const put = async (wanted: ReturnType<typeof recordOf>[]) => {
      const { Records = [] } = await this.#client.send(
        new PutRecordsCommand({ StreamName: this.#name, Records: wanted }),
      );
      // One answer for each record, in the same order. What a full shard refuses has an error there.
      return wanted.filter((_, index) => Records[index]?.SequenceNumber === undefined);
    };
    for (const batch of batchesOf(changes.map(recordOf), recordsPerBatch)) {
      await sendWhole(batch, batchAttempts, put, (left) => new Error(`${left} records could not be put`));
    }
  }
}

function recordOf(accepted: AcceptedMessage | AcceptedChange) {
  return { PartitionKey: accepted.conversationId, Data: encoder.encode(JSON.stringify(accepted)) };
}
