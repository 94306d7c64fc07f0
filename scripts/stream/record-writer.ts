import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';

/** What a record of the stream is, wherever it lies. */
export type StreamRecord = { partitionKey: string; data: Uint8Array };

/** Partition keys whose last sequence number is remembered: a few megabytes. */
const rememberedKeys = 20_000;

/**
 * Puts records into the stream as they were. Of one partition key they keep the order of the calls, which for separate puts
 * Kinesis promises only where each names the one before it
 * (docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html, SequenceNumberForOrdering).
 */
export class RecordWriter {
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #last = new Map<string, string>();

  constructor(client: KinesisClient, streamName: string) {
    this.#client = client;
    this.#streamName = streamName;
  }

  /** Resolves once the record is durable, with where it is. */
  async put({ partitionKey, data }: StreamRecord): Promise<{ shardId: string; sequenceNumber: string }> {
    const { ShardId = '', SequenceNumber = '' } = await this.#client.send(
      new PutRecordCommand({
        StreamName: this.#streamName,
        PartitionKey: partitionKey,
        Data: data,
        SequenceNumberForOrdering: this.#last.get(partitionKey),
      }),
    );
    this.#last.delete(partitionKey);
    this.#last.set(partitionKey, SequenceNumber);
    // A Map keeps the order of insertion.
    const [oldest] = this.#last.keys();
    if (oldest !== undefined && this.#last.size > rememberedKeys) this.#last.delete(oldest);
    return { shardId: ShardId, sequenceNumber: SequenceNumber };
  }
}
