import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Assembly } from '../template/assembly.ts';
import { emulatorClient } from './aws-client.ts';
import type { Log } from './emulator.ts';
import { provisionBucket } from './provision-buckets.ts';
import { provisionQueue } from './provision-queues.ts';
import { provisionSecret } from './provision-secrets.ts';
import { provisionStream } from './provision-streams.ts';
import { provisionTable, TABLE_TYPES } from './provision-tables.ts';
import type { SecretFile } from './secret-file.ts';

export type StoreEndpoints = {
  dynamodb: string;
  kinesis: string;
  sqs: string;
  s3: string;
  secretsManager: string;
};

/** Makes the emulators hold what the template declares. Safe to repeat: each start does it. */
export async function provision(
  assembly: Assembly,
  endpoints: StoreEndpoints,
  options: { region: string; secrets: SecretFile; log: Log },
): Promise<void> {
  const dynamodb = new DynamoDBClient(emulatorClient(endpoints.dynamodb, options.region));
  const kinesis = new KinesisClient(emulatorClient(endpoints.kinesis, options.region));
  const sqs = new SQSClient(emulatorClient(endpoints.sqs, options.region));
  const s3 = new S3Client({ ...emulatorClient(endpoints.s3, options.region), forcePathStyle: true });
  try {
    for (const secret of assembly.ofType('AWS::SecretsManager::Secret'))
      provisionSecret(options.secrets, secret);
    await Promise.all([
      ...TABLE_TYPES.flatMap((type) => assembly.ofType(type)).map((table) => provisionTable(dynamodb, table)),
      ...assembly
        .ofType('AWS::Kinesis::Stream')
        .map((stream) => provisionStream(kinesis, stream, options.log)),
      ...assembly.ofType('AWS::SQS::Queue').map((queue) => provisionQueue(sqs, queue)),
      ...assembly.ofType('AWS::S3::Bucket').map((bucket) => provisionBucket(s3, bucket)),
    ]);
  } finally {
    for (const client of [dynamodb, kinesis, sqs, s3]) client.destroy();
  }
}
