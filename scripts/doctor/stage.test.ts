import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Diagnosis } from './diagnosis.ts';
import { diagnoseStage } from './stage.ts';

type Answer = { status?: number; body: unknown };
/** What AWS answers of a stage that is whole, by operation. */
const whole: Record<string, Answer> = {
  GetCallerIdentity: {
    body: '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/op</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
  },
  ListStackResources: {
    body: `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${[
      ['Users3A7D3B5C', 'AWS::DynamoDB::Table', 'Users'],
      ['Messages1B2C3D4E', 'AWS::Kinesis::Stream', 'Messages'],
      ['DeadLetters1B2C3D4E', 'AWS::SQS::Queue', 'https://sqs/DeadLetters'],
      ['FanOutDeadLetters1B2C3D4E', 'AWS::SQS::Queue', 'https://sqs/FanOutDeadLetters.fifo'],
      ['ErasureDeadLetters1B2C3D4E', 'AWS::SQS::Queue', 'https://sqs/ErasureDeadLetters'],
      ['MessageSourceMapping1B2C3D4E', 'AWS::Lambda::EventSourceMapping', '11112222-0000'],
      ['TokenSecret1B2C3D4E', 'AWS::SecretsManager::Secret', 'arn:aws:secretsmanager:x:1:secret:Token'],
      ['Cache', 'AWS::ElastiCache::ServerlessCache', 'parley-dev'],
    ]
      .map(
        ([id, type, name]) =>
          `<member><LogicalResourceId>${id}</LogicalResourceId><PhysicalResourceId>${name}</PhysicalResourceId><ResourceType>${type}</ResourceType></member>`,
      )
      .join('')}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`,
  },
  DescribeStacks: {
    body: '<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>',
  },
  DescribeServerlessCaches: {
    body: '<DescribeServerlessCachesResponse><DescribeServerlessCachesResult><ServerlessCaches><member><Status>available</Status></member></ServerlessCaches></DescribeServerlessCachesResult></DescribeServerlessCachesResponse>',
  },
  GetParameter: { body: { Parameter: { Name: 'version', Value: '31' } } },
  DescribeTable: { body: { Table: { TableStatus: 'ACTIVE' } } },
  DescribeStreamSummary: {
    body: { StreamDescriptionSummary: { StreamStatus: 'ACTIVE', OpenShardCount: 2 } },
  },
  GetEventSourceMapping: {
    body: {
      State: 'Enabled',
      EventSourceArn: 'arn:aws:kinesis:x:1:stream/Messages',
      LastProcessingResult: 'OK',
    },
  },
  GetSecretValue: { body: { SecretString: '{"current":"the key itself"}' } },
  GetQueueAttributes: { body: { Attributes: { ApproximateNumberOfMessages: '0' } } },
  ListServiceQuotas: {
    body: {
      Quotas: [
        { QuotaName: 'Concurrent executions', Value: 1000 },
        { QuotaName: 'Throttle rate', Value: 10000 },
      ],
    },
  },
};

let differing: Record<string, Answer>;
let server: Server;
beforeEach(async () => {
  differing = {};
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    const action = request.url?.includes('event-source-mappings')
      ? 'GetEventSourceMapping'
      : (target ?? new URLSearchParams(text).get('Action') ?? '');
    const { status = 200, body } = differing[action] ?? whole[action] ?? { status: 500, body: 'unknown' };
    const answer = typeof body === 'string' ? body : JSON.stringify(body);
    // The SQS client calls the address that a queue's URL has.
    response.writeHead(status).end(answer.replaceAll('https://sqs', `http://${request.headers.host}`));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // It listens on TCP.
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
});

const diagnose = () => diagnoseStage('dev', 'eu-west-1');
const troubles = (all: Diagnosis[]) => all.filter(({ state }) => state !== 'ok');

test('a stage that is whole', async () => {
  const all = await diagnose();
  expect(troubles(all)).toEqual([]);
  expect(all.map(({ subject }) => subject)).toEqual([
    'credentials',
    'CDK bootstrap',
    'ParleyData-dev',
    'ParleyService-dev',
    // Both stacks answer alike here, so each resource is there twice.
    'Users',
    'Users',
    'stream',
    'event source 11112222',
    'event source 11112222',
    'secret Token',
    'secret Token',
    'dead letters',
    'cache',
    'cache',
    'quota lambda',
    'quota apigateway',
  ]);
  expect(JSON.stringify(all)).not.toContain('the key itself');
});

test.each<[string, Record<string, Answer>, Partial<Diagnosis>]>([
  [
    'no bootstrap',
    { GetParameter: { status: 400, body: { __type: 'ParameterNotFound', message: '' } } },
    { state: 'failed', subject: 'CDK bootstrap', advice: expect.stringContaining('npx cdk bootstrap') },
  ],
  [
    'a deployment that failed',
    {
      DescribeStacks: {
        body: String(whole['DescribeStacks']?.body).replace('UPDATE_COMPLETE', 'ROLLBACK_FAILED'),
      },
    },
    { state: 'failed', subject: 'ParleyData-dev', advice: expect.stringContaining('deploy again') },
  ],
  [
    'a table that is gone',
    { DescribeTable: { status: 400, body: { __type: 'ResourceNotFoundException', message: '' } } },
    { state: 'failed', subject: 'Users', advice: expect.stringContaining('backup') },
  ],
  [
    'a mapping that is off',
    { GetEventSourceMapping: { body: { State: 'Disabled', EventSourceArn: 'arn:x:stream/Messages' } } },
    { state: 'failed', advice: expect.stringContaining('--enabled') },
  ],
  [
    'a secret without its key',
    { GetSecretValue: { body: { SecretString: '{"previous":"x"}' } } },
    { state: 'failed', subject: 'secret Token' },
  ],
  [
    'a secret that is not for this user',
    { GetSecretValue: { status: 400, body: { __type: 'AccessDeniedException', message: '' } } },
    { state: 'warning', subject: 'secret Token' },
  ],
  [
    'dead letters',
    { GetQueueAttributes: { body: { Attributes: { ApproximateNumberOfMessages: '3' } } } },
    { state: 'warning', advice: '`npm run dlq -- list --stage dev`' },
  ],
  [
    'a small account',
    { ListServiceQuotas: { body: { Quotas: [{ QuotaName: 'Concurrent executions', Value: 10 }] } } },
    { state: 'warning', subject: 'quota lambda', advice: expect.stringContaining('Service Quotas') },
  ],
  [
    'a cache that is being made',
    {
      DescribeServerlessCaches: {
        body: String(whole['DescribeServerlessCaches']?.body).replace('available', 'creating'),
      },
    },
    { state: 'warning', subject: 'cache' },
  ],
])('%s', async (_, answers, expected) => {
  differing = answers;
  expect(troubles(await diagnose())).toContainEqual(expect.objectContaining(expected));
});

test('without credentials, nothing else is tried', async () => {
  differing = {
    GetCallerIdentity: {
      status: 403,
      body: '<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>',
    },
  };
  expect(await diagnose()).toMatchObject([
    { subject: 'credentials', state: 'failed', advice: expect.stringContaining('aws sso login') },
  ]);
});

test('of a stage that is not deployed it says so', async () => {
  differing = {
    ListStackResources: {
      status: 400,
      body: '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>',
    },
  };
  expect(troubles(await diagnose())).toMatchObject([
    { subject: 'stacks', state: 'failed', advice: expect.stringContaining('npm run deploy -- --stage dev') },
  ]);
});
