import { describe, expect, test } from 'vitest';
import { stageSettings } from '../../infra/stages.ts';
import { tableDefinitions, tableNames } from '../../infra/tables.ts';
import { at, Deployment, type Resource, wholeStages } from './templates.ts';

const stateful = [
  'AWS::DynamoDB::Table',
  'AWS::Kinesis::Stream',
  'AWS::SQS::Queue',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
];

describe.each(wholeStages)('what stage %s keeps', (stage) => {
  const deployment = new Deployment(stage);
  const tables = deployment.ofType('AWS::DynamoDB::Table');

  test('is in the data stack, all of it and nothing else', () => {
    for (const type of stateful) {
      for (const resource of deployment.ofType(type))
        expect(resource.stack, resource.logicalId).toBe('ParleyData');
    }
    const inService = deployment.resources
      .filter(({ stack }) => stack === 'ParleyService')
      .map(({ type }) => type);
    expect(inService.filter((type) => stateful.includes(type))).toEqual([]);
  });

  test.each(tableNames)('has the table %s with its keys, recoverable to any second', (name) => {
    const table = tables.find(({ logicalId }) => new RegExp(`^${name}[0-9A-F]{8}$`).test(logicalId));
    const {
      partitionKey,
      sortKey,
      indexes = {},
      localIndexes = {},
      timeToLiveAttribute,
    } = tableDefinitions[name];
    const schema = (keys: (typeof partitionKey)[]) =>
      keys.map((key, index) => ({ AttributeName: key.name, KeyType: index === 0 ? 'HASH' : 'RANGE' }));
    expect(table?.properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: schema(sortKey ? [partitionKey, sortKey] : [partitionKey]),
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(table?.properties['TimeToLiveSpecification']).toEqual(
      timeToLiveAttribute ? { AttributeName: timeToLiveAttribute, Enabled: true } : undefined,
    );
    expect(table?.properties['GlobalSecondaryIndexes'] ?? []).toEqual(
      Object.entries(indexes).map(([IndexName, keys]) => ({
        IndexName,
        KeySchema: schema([keys.partitionKey, keys.sortKey]),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    );
    expect(table?.properties['LocalSecondaryIndexes'] ?? []).toEqual(
      Object.entries(localIndexes).map(([IndexName, keys]) => ({
        IndexName,
        KeySchema: schema([partitionKey, keys.sortKey]),
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    );
    // DynamoDB refuses an attribute that is defined and used by no key.
    const used = [
      partitionKey,
      sortKey,
      ...Object.values(indexes).flatMap((keys) => [keys.partitionKey, keys.sortKey]),
      ...Object.values(localIndexes).map((keys) => keys.sortKey),
    ];
    expect(table?.properties['AttributeDefinitions']).toEqual(
      [...new Map(used.flatMap((key) => (key ? [[key.name, key]] : []))).values()].map(
        ({ name: AttributeName, type }) => ({
          AttributeName,
          AttributeType: type,
        }),
      ),
    );
  });

  test('has the tables of the design and no others', () => {
    expect(tables).toHaveLength(tableNames.length);
  });

  test('forgets live connections, rates and the usernames of erased users by itself, and messages never', () => {
    const forgetting = tableNames.filter((name) => tableDefinitions[name].timeToLiveAttribute);
    expect(forgetting).toEqual([
      'Credentials',
      'Presence',
      'EndedMemberships',
      'Subscriptions',
      'RateLimits',
    ]);
  });

  test('is encrypted, and is reached over TLS only', () => {
    expect(deployment.only('AWS::Kinesis::Stream').properties['StreamEncryption']).toMatchObject({
      EncryptionType: 'KMS',
    });
    for (const { properties } of deployment.ofType('AWS::SQS::Queue')) {
      expect(properties['SqsManagedSseEnabled']).toBe(true);
    }
    expect(deployment.only('AWS::S3::Bucket').properties).toMatchObject({
      BucketEncryption: expect.anything(),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const policies = ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy'].flatMap((type) =>
      deployment.ofType(type),
    );
    expect(policies).toHaveLength(6);
    for (const { properties } of policies) {
      expect(at(properties, 'PolicyDocument', 'Statement')).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
  });

  test('includes keys drawn at random, for signing, for ids, for fingerprints and for the distribution', () => {
    const secrets = deployment.ofType('AWS::SecretsManager::Secret');
    expect(secrets).toHaveLength(4);
    for (const { properties } of secrets) {
      expect(properties['GenerateSecretString']).toMatchObject({
        SecretStringTemplate: '{}',
        GenerateStringKey: 'current',
        PasswordLength: 64,
      });
      expect(properties['SecretString']).toBeUndefined();
    }
  });

  test('includes dead letters for as long as SQS keeps them, and raises an alarm at the first', () => {
    const alarms = deployment
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ properties }) => properties['MetricName'] === 'ApproximateNumberOfMessagesVisible');
    for (const id of ['DeadLetters', 'FanOutDeadLetters', 'ErasureDeadLetters']) {
      const queue = queueOf(deployment, id);
      expect(queue.properties['MessageRetentionPeriod']).toBe(14 * 24 * 3600);
      const alarm = alarms.find(
        ({ properties, stack }) => deployment.referenceIn(properties['Dimensions'], stack) === queue,
      );
      expect(alarm?.properties).toMatchObject({
        Namespace: 'AWS/SQS',
        Statistic: 'Maximum',
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
      });
    }
  });

  test('includes fan-out jobs in order, of which those that keep failing become dead letters', () => {
    const jobs = queueOf(deployment, 'FanOutJobs');
    const deadLetters = queueOf(deployment, 'FanOutDeadLetters');
    for (const { properties } of [jobs, deadLetters]) {
      expect(properties).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      });
    }
    const redrive = jobs.properties['RedrivePolicy'];
    expect(at(redrive, 'maxReceiveCount')).toBe(stageSettings(stage).fanOut.maxReceiveCount);
    expect(deployment.referenceIn(at(redrive, 'deadLetterTargetArn'), jobs.stack)).toBe(deadLetters);
  });

  test('includes users to be erased, for as long as SQS keeps them, of which those that cannot be become dead letters', () => {
    const jobs = queueOf(deployment, 'ErasureJobs');
    expect(jobs.properties['MessageRetentionPeriod']).toBe(14 * 24 * 3600);
    const redrive = jobs.properties['RedrivePolicy'];
    const deadLetters = deployment.referenceIn(at(redrive, 'deadLetterTargetArn'), jobs.stack);
    expect(deadLetters).toBe(queueOf(deployment, 'ErasureDeadLetters'));
    expect(at(redrive, 'maxReceiveCount')).toBe(5);
  });
});

describe('what must not be lost in prod', () => {
  const prod = new Deployment('prod');

  test.each(stateful)('stays when the stack goes: %s', (type) => {
    for (const resource of prod.ofType(type))
      expect(resource.deletionPolicy, resource.logicalId).toBe('Retain');
  });

  test('cannot be deleted by accident', () => {
    for (const { properties } of prod.ofType('AWS::DynamoDB::Table'))
      expect(properties['DeletionProtectionEnabled']).toBe(true);
  });

  test('outlives a weekend on the stream', () => {
    expect(prod.only('AWS::Kinesis::Stream').properties['RetentionPeriodHours']).toBeGreaterThanOrEqual(72);
  });
});

test('a dev stage leaves nothing behind', () => {
  const dev = new Deployment('dev');
  for (const type of stateful)
    for (const resource of dev.ofType(type)) expect(resource.deletionPolicy).toBe('Delete');
  for (const { properties } of dev.ofType('AWS::DynamoDB::Table'))
    expect(properties['DeletionProtectionEnabled']).toBeFalsy();
});

function queueOf(deployment: Deployment, id: string): Resource {
  const found = deployment
    .ofType('AWS::SQS::Queue')
    .find(({ logicalId }) => new RegExp(`^${id}[0-9A-F]{8}$`).test(logicalId));
  if (found === undefined) throw new Error(`There is no queue ${id}`);
  return found;
}
