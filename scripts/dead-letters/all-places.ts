import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Deployment } from '../deployment/deployment.ts';
import { RecordWriter } from '../stream/record-writer.ts';
import type { DeadLetterPlace } from './dead-letter.ts';
import { ErasureDeadLetters } from './erasure-queue.ts';
import { FailureBucket } from './failure-bucket.ts';
import { FanOutDeadLetters } from './fan-out-queue.ts';
import type { Looking } from './held-messages.ts';
import { RecordQueue } from './record-queue.ts';

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
  return {
    places: [
      new RecordQueue(sqs, deployment.physicalId('DeadLetters'), writer, looking),
      new FailureBucket(s3, deployment.physicalId('FailedRecords'), writer),
      new FanOutDeadLetters(
        sqs,
        {
          deadLetters: deployment.physicalId('FanOutDeadLetters'),
          jobs: deployment.physicalId('FanOutJobs'),
        },
        looking,
      ),
      new ErasureDeadLetters(
        sqs,
        {
          deadLetters: deployment.physicalId('ErasureDeadLetters'),
          jobs: deployment.physicalId('ErasureJobs'),
        },
        looking,
      ),
    ],
    close() {
      for (const client of [kinesis, sqs, s3]) client.destroy();
    },
  };
}
