import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Base URLs of the emulators. */
export type StoreEndpoints = {
  dynamodb: string;
  kinesis: string;
  sqs: string;
  s3: string;
  secretsManager: string;
  eventBridge: string;
};

/** What a client of the emulators must know beside where they are: they refuse any other access key. */
export type EmulatorAccess = { region: string; accessKeyId: string };

/** The runtime's own clients. */
export type StoreClients = {
  dynamodb: DynamoDBClient;
  kinesis: KinesisClient;
  sqs: SQSClient;
  s3: S3Client;
  destroy(): void;
};

/** What an AWS client needs to talk to an emulator, which compares the access key and verifies no signature. */
export function emulatorClient(endpoint: string, { region, accessKeyId }: EmulatorAccess) {
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey: 'local' },
    // The Kinesis client would speak HTTP/2, which no emulator does.
    requestHandler: new NodeHttpHandler({ connectionTimeout: 5000 }),
  };
}

export function storeClients({
  endpoints,
  ...access
}: EmulatorAccess & { endpoints: StoreEndpoints }): StoreClients {
  const clients = {
    dynamodb: new DynamoDBClient(emulatorClient(endpoints.dynamodb, access)),
    kinesis: new KinesisClient(emulatorClient(endpoints.kinesis, access)),
    sqs: new SQSClient(emulatorClient(endpoints.sqs, access)),
    s3: new S3Client({ ...emulatorClient(endpoints.s3, access), forcePathStyle: true }),
  };
  return {
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
