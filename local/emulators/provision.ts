import type { Assembly } from '../template/assembly.ts';
import type { StoreClients } from './aws-client.ts';
import type { Log } from './emulator.ts';
import { provisionBucket } from './provision-buckets.ts';
import { provisionQueue } from './provision-queues.ts';
import { provisionSecret } from './provision-secrets.ts';
import { provisionStream } from './provision-streams.ts';
import { provisionTable, TABLE_TYPES } from './provision-tables.ts';
import type { SecretFile } from './secret-file.ts';

/** Makes the emulators hold what the template declares. Safe to repeat: each start does it. */
export async function provision(
  assembly: Assembly,
  clients: StoreClients,
  secrets: SecretFile,
  log: Log,
): Promise<void> {
  const { dynamodb, kinesis, sqs, s3 } = clients;
  for (const secret of assembly.ofType('AWS::SecretsManager::Secret')) provisionSecret(secrets, secret);
  await Promise.all([
    ...TABLE_TYPES.flatMap((type) => assembly.ofType(type)).map((table) => provisionTable(dynamodb, table)),
    ...assembly.ofType('AWS::Kinesis::Stream').map((stream) => provisionStream(kinesis, stream, log)),
    ...assembly.ofType('AWS::SQS::Queue').map((queue) => provisionQueue(sqs, queue)),
    ...assembly.ofType('AWS::S3::Bucket').map((bucket) => provisionBucket(s3, bucket)),
  ]);
}
