import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Assembly, Resource } from '../template/assembly.ts';
import { type StoreClients, storeClients } from './aws-client.ts';
import { access } from './fixtures/access.ts';
import { provision } from './provision.ts';
import { resourceAttributes } from './resource-attributes.ts';
import { type Stores, startStores } from './stores.ts';
import { expiringTables, TimeToLiveSweeper } from './time-to-live.ts';

let folder: string;
let stores: Stores;
let clients: StoreClients;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-provision-'));
  stores = await startStores({
    dataDirectory: folder,
    ...access,
    log: () => {},
    onUnexpectedEnd: () => {},
  });
  clients = storeClients({ endpoints: stores.endpoints, ...access });
});
afterAll(async () => {
  clients.destroy();
  await stores.close();
  rmSync(folder, { recursive: true });
});

/** An assembly of resources whose intrinsics are resolved, as they are by the time they are provisioned. */
function assemblyOf(
  resources: Record<string, { type: string; properties: Record<string, unknown> }>,
): Assembly {
  const context = resourceAttributes({
    region: 'us-east-1',
    accountId: '000000000000',
    queuesEndpoint: stores.endpoints.sqs,
    gatewayEndpoint: 'http://localhost:8787',
  });
  const all = Object.entries(resources).map(([logicalId, { type, properties }]): Resource => {
    const resource = { stack: 'Test', logicalId, type, properties, assetPath: undefined, metadata: {} };
    return { ...resource, ref: context.attribute(resource, 'Ref') };
  });
  return {
    region: 'us-east-1',
    accountId: '000000000000',
    resources: all,
    ofType: (type) => all.filter((resource) => resource.type === type),
    output: () => undefined,
  };
}

const provisionAll = (assembly: Assembly, log: (line: string) => void = () => {}) =>
  provision(assembly, clients, stores.secrets, log);

const table = (properties: Record<string, unknown>) => ({
  type: 'AWS::DynamoDB::Table',
  properties: {
    AttributeDefinitions: [
      { AttributeName: 'userId', AttributeType: 'S' },
      { AttributeName: 'conversationId', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'userId', KeyType: 'HASH' },
      { AttributeName: 'conversationId', KeyType: 'RANGE' },
    ],
    ...properties,
  },
});

const byActivity = {
  AttributeDefinitions: [
    { AttributeName: 'userId', AttributeType: 'S' },
    { AttributeName: 'conversationId', AttributeType: 'S' },
    { AttributeName: 'lastActivityAt', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byActivity',
      KeySchema: [
        { AttributeName: 'userId', KeyType: 'HASH' },
        { AttributeName: 'lastActivityAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};

test('everything that the template declares is there, and a second time changes nothing', async () => {
  const assembly = assemblyOf({
    Inbox: table(byActivity),
    Messages: { type: 'AWS::Kinesis::Stream', properties: { ShardCount: 2, RetentionPeriodHours: 48 } },
    DeadLetters: { type: 'AWS::SQS::Queue', properties: { MessageRetentionPeriod: 1_209_600 } },
    Jobs: {
      type: 'AWS::SQS::Queue',
      properties: {
        VisibilityTimeout: 60,
        RedrivePolicy: {
          deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:Test-DeadLetters',
          maxReceiveCount: 3,
        },
      },
    },
    Failures: { type: 'AWS::S3::Bucket', properties: {} },
    Token: {
      type: 'AWS::SecretsManager::Secret',
      properties: {
        GenerateSecretString: {
          SecretStringTemplate: '{}',
          GenerateStringKey: 'current',
          PasswordLength: 64,
        },
      },
    },
  });
  await provisionAll(assembly);
  const secret = stores.secrets.find('Test-Token')?.current.secretString ?? '';
  expect(JSON.parse(secret).current).toHaveLength(64);
  await provisionAll(assembly);
  expect(stores.secrets.find('Test-Token')?.current.secretString).toBe(secret);

  const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: 'Test-Inbox' }));
  expect(Table?.KeySchema).toEqual([
    { AttributeName: 'userId', KeyType: 'HASH' },
    { AttributeName: 'conversationId', KeyType: 'RANGE' },
  ]);
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['byActivity']);

  const stream = await clients.kinesis.send(
    new DescribeStreamSummaryCommand({ StreamName: 'Test-Messages' }),
  );
  expect(stream.StreamDescriptionSummary).toMatchObject({ OpenShardCount: 2, RetentionPeriodHours: 48 });

  const jobs = assembly.resources.find(({ logicalId }) => logicalId === 'Jobs');
  const queue = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: jobs?.ref, AttributeNames: ['All'] }),
  );
  expect(queue.Attributes).toMatchObject({
    VisibilityTimeout: '60',
    QueueArn: 'arn:aws:sqs:us-east-1:000000000000:Test-Jobs',
  });
  expect(JSON.parse(queue.Attributes?.['RedrivePolicy'] ?? '')).toMatchObject({ maxReceiveCount: 3 });

  await clients.s3.send(new HeadBucketCommand({ Bucket: 'test-failures' }));
});

test('a restart adds a new index with the items that are there, and new tables', async () => {
  await provisionAll(assemblyOf({ Growing: table({}) }));
  const item = { userId: { S: 'u' }, conversationId: { S: 'c' }, lastActivityAt: { S: '2026' } };
  await clients.dynamodb.send(new PutItemCommand({ TableName: 'Test-Growing', Item: item }));
  await provisionAll(assemblyOf({ Growing: table(byActivity), Added: table({}) }));

  const { Items } = await clients.dynamodb.send(
    new QueryCommand({
      TableName: 'Test-Growing',
      IndexName: 'byActivity',
      KeyConditionExpression: 'userId = :u',
      ExpressionAttributeValues: { ':u': { S: 'u' } },
    }),
  );
  expect(Items).toEqual([item]);
  await clients.dynamodb.send(new DescribeTableCommand({ TableName: 'Test-Added' }));

  await provisionAll(assemblyOf({ Growing: table({}) }));
  const { Table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: 'Test-Growing' }));
  expect(Table?.GlobalSecondaryIndexes ?? []).toEqual([]);
});

test('a table with another key than the stored one is a clear error', async () => {
  await provisionAll(assemblyOf({ Fixed: table({}) }));
  const changed = table({ KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }] });
  await expect(provisionAll(assemblyOf({ Fixed: changed }))).rejects.toThrow(
    'The stored table Test-Fixed has the key userId (HASH), conversationId (RANGE), the template says userId (HASH): start with --fresh',
  );
});

test('a table without a local index that the template has is a clear error', async () => {
  await provisionAll(assemblyOf({ Unindexed: table({}) }));
  const { AttributeDefinitions, GlobalSecondaryIndexes } = byActivity;
  const changed = table({ AttributeDefinitions, LocalSecondaryIndexes: GlobalSecondaryIndexes });
  await expect(provisionAll(assemblyOf({ Unindexed: changed }))).rejects.toThrow(
    'The stored table Test-Unindexed has the local indexes none, the template says byActivity: start with --fresh',
  );
});

test('a stream keeps its shards, and the difference is told', async () => {
  const streamOf = (ShardCount: number) =>
    assemblyOf({ Kept: { type: 'AWS::Kinesis::Stream', properties: { ShardCount } } });
  await provisionAll(streamOf(1));
  const lines: string[] = [];
  await provisionAll(streamOf(3), (line) => lines.push(line));
  expect(lines).toEqual(['Kinesis: Test-Kept keeps its 1 shards; the template says 3']);
});

test('expired items are deleted by the table’s time to live', async () => {
  const assembly = assemblyOf({
    Presence: table({ TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } }),
    Plain: table({}),
  });
  await provisionAll(assembly);
  const put = (id: string, attributes: Record<string, { N: string } | { S: string }>) =>
    clients.dynamodb.send(
      new PutItemCommand({
        TableName: 'Test-Presence',
        Item: { userId: { S: 'u' }, conversationId: { S: id }, ...attributes },
      }),
    );
  const now = 1_800_000_000;
  await put('expired', { expiresAt: { N: String(now - 1) } });
  await put('due this second', { expiresAt: { N: String(now) } });
  await put('alive', { expiresAt: { N: String(now + 1) } });
  await put('in milliseconds', { expiresAt: { N: String(now * 1000) } });
  await put('older than five years', { expiresAt: { N: '1000' } });
  await put('text', { expiresAt: { S: String(now - 1) } });
  await put('without', {});

  const sweeper = new TimeToLiveSweeper({
    client: clients.dynamodb,
    tables: expiringTables(assembly),
    log: () => {},
    now: () => now * 1000,
  });
  expect(await sweeper.sweep()).toBe(2);
  expect(await sweeper.sweep()).toBe(0);
  const { Items } = await clients.dynamodb.send(
    new QueryCommand({
      TableName: 'Test-Presence',
      KeyConditionExpression: 'userId = :u',
      ExpressionAttributeValues: { ':u': { S: 'u' } },
    }),
  );
  expect(Items?.map(({ conversationId }) => conversationId?.S)).toEqual([
    'alive',
    'in milliseconds',
    'older than five years',
    'text',
    'without',
  ]);
  await sweeper.close();
});
