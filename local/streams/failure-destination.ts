import { randomUUID } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { StreamRecord } from './stream-record.ts';

/** A batch that a mapping gives up. */
export type DiscardedBatch = {
  mappingId: string;
  functionArn: string;
  streamArn: string;
  condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  /** At least one, all of one shard, in order. */
  records: readonly [StreamRecord, ...StreamRecord[]];
  invocations: number;
  /** Of the last invocation; undefined where the records grew too old before any. */
  lastInvocation: { requestId: string; functionError: 'Unhandled' | null } | undefined;
  /** The event of the discarded records. */
  event: object;
  discardedAt: Date;
};

export interface FailureDestination {
  send(batch: DiscardedBatch): Promise<void>;
}

/** A queue gets the position of the records only: whoever wants them must read the stream before it forgets them. */
export class QueueDestination implements FailureDestination {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  async send(batch: DiscardedBatch): Promise<void> {
    const MessageBody = JSON.stringify(invocationRecord(batch));
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody }));
  }
}

/** A bucket gets the whole invocation record, with the event as escaped JSON in `payload`. */
export class BucketDestination implements FailureDestination {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async send(batch: DiscardedBatch): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: objectKey(batch),
        Body: JSON.stringify({ ...invocationRecord(batch), payload: JSON.stringify(batch.event) }),
      }),
    );
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
export function invocationRecord(batch: DiscardedBatch): object {
  const [first] = batch.records;
  const last = batch.records.at(-1) ?? first;
  return {
    requestContext: {
      requestId: batch.lastInvocation?.requestId ?? randomUUID(),
      functionArn: batch.functionArn,
      condition: batch.condition,
      approximateInvokeCount: batch.invocations,
    },
    responseContext: {
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: batch.lastInvocation?.functionError ?? null,
    },
    version: '1.0',
    timestamp: batch.discardedAt.toISOString(),
    KinesisBatchInfo: {
      shardId: first.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(first.arrivedAt).toISOString(),
      approximateArrivalOfLastRecord: new Date(last.arrivedAt).toISOString(),
      batchSize: batch.records.length,
      streamArn: batch.streamArn,
    },
  };
}

/** `aws/lambda/<ESM-UUID>/<shardID>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<Random UUID>` */
export function objectKey(batch: DiscardedBatch): string {
  const second = batch.discardedAt.toISOString().slice(0, 19);
  const day = second.slice(0, 10).replaceAll('-', '/');
  return `aws/lambda/${batch.mappingId}/${batch.records[0].shardId}/${day}/${second.replaceAll(':', '.')}-${randomUUID()}`;
}
