import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Deployment } from '../deployment/deployment.ts';
import { RecordWriter } from '../stream/record-writer.ts';
import type { DeadLetter, DeadLetterPlace } from './dead-letter.ts';
import { DeadLetterQueue, type ReadLetter } from './dead-letter-queue.ts';
import { erasureLetters } from './erasure-letters.ts';
import { FailureBucket } from './failure-bucket.ts';
import { fanOutLetters } from './fan-out-letters.ts';
import { HeldMessages, type Looking } from './held-messages.ts';
import { recordLetters } from './record-letters.ts';

/** Wherever a deployment keeps what it gave up. */
export function deadLetterPlaces(
  deployment: Deployment,
  hideSeconds: number,
): { places: DeadLetterPlace[]; close(): void } {
  const kinesis = new KinesisClient({ ...deployment.settings('kinesis'), maxAttempts: 8 });
  const sqs = new SQSClient(deployment.settings('sqs'));
  const s3 = new S3Client({
    ...deployment.settings('s3'),
    // An emulator's buckets have no host names of their own.
    forcePathStyle: deployment.dataDirectory !== undefined,
  });
  const looking: Looking = { hideSeconds, waitSeconds: deployment.dataDirectory === undefined ? 1 : 0 };
  const writer = new RecordWriter(kinesis, deployment.physicalId('Messages'));
  const queue = (place: DeadLetter['place'], logicalId: string, read: ReadLetter) =>
    new DeadLetterQueue(place, new HeldMessages(sqs, deployment.physicalId(logicalId), looking), read);
  return {
    places: [
      queue('dead-letter queue', 'DeadLetters', recordLetters(writer)),
      new FailureBucket(s3, deployment.physicalId('FailedRecords'), writer),
      queue(
        'fan-out dead-letter queue',
        'FanOutDeadLetters',
        fanOutLetters(sqs, deployment.physicalId('FanOutJobs')),
      ),
      queue(
        'erasure dead-letter queue',
        'ErasureDeadLetters',
        erasureLetters(sqs, deployment.physicalId('ErasureJobs')),
      ),
    ],
    close() {
      for (const client of [kinesis, sqs, s3]) client.destroy();
    },
  };
}
