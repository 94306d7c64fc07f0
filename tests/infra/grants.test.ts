/**
 * Everything in the templates that lets somebody do something, beside the calls of functions' code, which
 * tests/infra/access.test.ts compares with their roles one by one.
 */
import { describe, expect, test } from 'vitest';
import { permissionsOf } from './roles.ts';
import { at, Deployment, wholeStages } from './templates.ts';

/** What Lambda does in the name of a function, by what feeds it; every function may write its log. */
const log = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const ofTheStream = [
  ...['DescribeStream', 'DescribeStreamSummary', 'GetRecords', 'GetShardIterator', 'ListShards'],
].map((action) => `kinesis:${action}`);
const ofTheConsumer = ['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'];
const ofTheFailureBucket = ['s3:ListBucket', 's3:PutObject'];
const ofTheQueue = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const byLambda = [...log, ...ofTheStream, ...ofTheConsumer, ...ofTheFailureBucket, ...ofTheQueue];

describe.each(wholeStages)('in stage %s', (stage) => {
  const deployment = new Deployment(stage);
  const isEnhanced = deployment.ofType('AWS::Kinesis::StreamConsumer').length > 0;

  test('Lambda may do for each function what feeding it takes, and no more', () => {
    for (const [name, lambda] of deployment.functions()) {
      const granted = permissionsOf(deployment, lambda)
        .map(({ action }) => action)
        .filter((action) => byLambda.includes(action));
      const fed: Record<string, string[]> = {
        'stream-deliver': [...ofTheStream, ...ofTheFailureBucket, ...(isEnhanced ? ofTheConsumer : [])],
        'stream-fanout': ofTheQueue,
        'stream-erase': ofTheQueue,
      };
      expect(granted.sort(), name).toEqual([...log, ...(fed[name] ?? [])].sort());
    }
  });

  test('a function writes to its own log, and to no other', () => {
    for (const [name, lambda] of deployment.functions()) {
      const group = deployment.referenceIn(at(lambda.properties, 'LoggingConfig', 'LogGroup'), lambda.stack);
      const logs = permissionsOf(deployment, lambda).filter(({ action }) => log.includes(action));
      for (const { target } of logs) expect(target, name).toBe(group);
    }
  });

  test('there are no roles but those of the functions and the one that API Gateway logs with', () => {
    const ofFunctions = deployment
      .ofType('AWS::Lambda::Function')
      .map((lambda) => deployment.referenceIn(lambda.properties['Role'], lambda.stack));
    const others = deployment.ofType('AWS::IAM::Role').filter((role) => !ofFunctions.includes(role));
    const services = others.map(({ properties }) =>
      at(properties, 'AssumeRolePolicyDocument', 'Statement', '0', 'Principal', 'Service'),
    );
    const logsOfApis = deployment.ofType('AWS::ApiGateway::Account').map(() => 'apigateway.amazonaws.com');
    expect(services).toEqual(logsOfApis);
    for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::User', 'AWS::IAM::Group'])
      expect(deployment.ofType(type), type).toEqual([]);
  });

  test('only our own APIs may call a function', () => {
    const permissions = deployment.ofType('AWS::Lambda::Permission');
    expect(permissions.length).toBeGreaterThan(0);
    for (const { properties, stack, logicalId } of permissions) {
      expect(properties['Principal'], logicalId).toBe('apigateway.amazonaws.com');
      expect(properties['Action'], logicalId).toBe('lambda:InvokeFunction');
      const named = deployment.referencesIn(properties['SourceArn'], stack).map(({ type }) => type);
      expect(named, logicalId).toContain('AWS::ApiGatewayV2::Api');
    }
  });

  test('policies of queues and buckets forbid, and never allow', () => {
    for (const type of ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy']) {
      for (const { properties, logicalId } of deployment.ofType(type)) {
        const statements = at(properties, 'PolicyDocument', 'Statement') as unknown[]; // The CDK writes a list.
        expect(
          statements.map((statement) => at(statement, 'Effect')),
          logicalId,
        ).toEqual(['Deny']);
      }
    }
  });
});
