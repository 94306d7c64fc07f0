import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startDynamoDb } from '../../local/emulators/dynamodb.ts';
import { startEvents } from '../../local/emulators/events.ts';
import { startKinesis } from '../../local/emulators/kinesis.ts';
import { provisionQueue } from '../../local/emulators/provision-queues.ts';
import { provisionTable } from '../../local/emulators/provision-tables.ts';
import { startQueuesAndBuckets } from '../../local/emulators/queues-and-buckets.ts';
import { resourceAttributes } from '../../local/emulators/resource-attributes.ts';
import { loadAssembly, type Resource } from '../../local/template/assembly.ts';
import { synth } from '../../scripts/synth.ts';
import { accountId, credentials, type Emulators, region } from './emulators.ts';

/** Starts emulators with the tables and queues of the template. */
export async function startEmulators(): Promise<Emulators> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-emulators-'));
  const { accessKeyId } = credentials;
  const [dynamodb, kinesis, queues, events, assemblyDirectory] = await Promise.all([
    startDynamoDb({ dataDirectory, accessKeyId, log: () => {} }),
    startKinesis({ dataDirectory, accessKeyId }),
    startQueuesAndBuckets({ dataDirectory, region, accessKeyId }),
    startEvents({ dataDirectory, accessKeyId }),
    synth('local'),
  ]);
  const attributes = { region, accountId, queuesEndpoint: queues.endpoint, gatewayEndpoint: '' };
  const assembly = loadAssembly(assemblyDirectory, resourceAttributes(attributes));
  const client = new DynamoDBClient({ endpoint: dynamodb.endpoint, region, credentials });
  const tables: Record<string, string> = {};
  for (const table of assembly.ofType('AWS::DynamoDB::Table')) {
    await provisionTable(client, table);
    tables[table.logicalId.slice(0, -8)] = table.ref; // CDK appends a hash of 8 characters.
  }
  client.destroy();
  const sqs = new SQSClient({ endpoint: queues.endpoint, region, credentials });
  for (const queue of assembly.ofType('AWS::SQS::Queue')) await provisionQueue(sqs, queue);
  sqs.destroy();
  return {
    addresses: {
      dynamodb: dynamodb.endpoint,
      kinesis: kinesis.endpoint,
      sqs: queues.endpoint,
      eventBridge: events.endpoint,
      eventsFile: join(dataDirectory, 'events.jsonl'),
      tables,
      queues: assembly.ofType('AWS::SQS::Queue').map(resolved),
    },
    close: async () => {
      await Promise.all([dynamodb.close(), kinesis.close(), queues.close(), events.close()]);
      await rm(dataDirectory, { recursive: true });
    },
  };
}

/** With all that is otherwise resolved when it is first read. */
function resolved({ stack, logicalId, type, properties, ref, metadata }: Resource): Resource {
  return { stack, logicalId, type, properties, ref, metadata, assetPath: undefined };
}
