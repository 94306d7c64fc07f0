import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emulatorClient, storeClients } from './emulators/aws-client.ts';
import { StartError } from './emulators/start-error.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from './runtime.ts';
import { until } from './streams/fixtures/until.ts';

type Resources = Record<string, { Type: string; Properties?: object; Metadata?: object }>;

let folder: string;
let runtime: Runtime | undefined;
const logLines: string[] = [];
const functionLines: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-runtime-'));
  logLines.length = 0;
  functionLines.length = 0;
});
afterEach(async () => {
  await runtime?.close();
  runtime = undefined;
  rmSync(folder, { recursive: true });
});

/** A cloud assembly of one stack, whose functions log the event that they are given. */
function writeAssembly(resources: Resources): string {
  const directory = join(folder, 'cdk.out');
  mkdirSync(join(directory, 'asset.code'), { recursive: true });
  writeFileSync(
    join(directory, 'asset.code/index.mjs'),
    'export const handler = async (event) => console.log(JSON.stringify(event));',
  );
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify({
      version: '36.0.0',
      artifacts: {
        Test: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Test.template.json' } },
      },
    }),
  );
  writeFileSync(join(directory, 'Test.template.json'), JSON.stringify({ Resources: resources }));
  return directory;
}

async function start(resources: Resources, options: Partial<RuntimeOptions> = {}): Promise<Runtime> {
  runtime = await startRuntime({
    assemblyDirectory: writeAssembly(resources),
    dataDirectory: join(folder, 'data'),
    port: 0,
    log: (line) => logLines.push(line),
    lambda: { onLog: ({ line }) => functionLines.push(line) },
    ...options,
  });
  return runtime;
}

/** What the test has started. */
function started(): Runtime {
  if (runtime === undefined) throw new Error('The test starts no runtime');
  return runtime;
}

const lambda = (properties: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 10, ...properties },
  Metadata: { 'aws:asset:path': 'asset.code' },
});
const mapping = (source: string, properties: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: { Ref: 'Consumer' },
    EventSourceArn: { 'Fn::GetAtt': [source, 'Arn'] },
    ...properties,
  },
});
const stream = { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 1 } };
const streaming: Resources = {
  Messages0A1B2C3D: stream,
  Consumer: lambda(),
  Mapping: mapping('Messages0A1B2C3D', { StartingPosition: 'TRIM_HORIZON' }),
};

async function put(text: string): Promise<void> {
  const kinesis = new KinesisClient(emulatorClient(started().endpoints.kinesis, started()));
  const StreamName = runtime?.physicalName('Messages');
  await kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: 'k', Data: Buffer.from(text) }));
  kinesis.destroy();
}

const textsInLog = () =>
  functionLines.flatMap((line): string[] =>
    (JSON.parse(line).Records ?? []).map((record: { body?: string; kinesis?: { data: string } }) =>
      record.kinesis === undefined ? record.body : Buffer.from(record.kinesis.data, 'base64').toString(),
    ),
  );

describe('what the template declares', () => {
  test('is run: a record in the stream reaches the function', async () => {
    await start(streaming);
    await put('hello');
    await until(() => functionLines.length === 1);
    expect(textsInLog()).toEqual(['hello']);
    expect(JSON.parse(functionLines[0] ?? '').Records[0].eventSourceARN).toBe(
      'arn:aws:kinesis:us-east-1:000000000000:stream/Test-Messages0A1B2C3D',
    );
    await until(() => runtime?.streamCounters()['Test-Messages0A1B2C3D']?.recordsDelivered === 1);
    expect(runtime?.invocations()['Consumer']).toMatchObject({ invocations: 1, coldStarts: 1, errors: 0 });
  });

  test('is run: a message in a queue reaches the function', async () => {
    await start({ Jobs: { Type: 'AWS::SQS::Queue' }, Consumer: lambda(), Mapping: mapping('Jobs') });
    const sqs = new SQSClient(emulatorClient(started().endpoints.sqs, started()));
    await sqs.send(new SendMessageCommand({ QueueUrl: runtime?.physicalName('Jobs'), MessageBody: 'a job' }));
    sqs.destroy();
    await until(() => functionLines.length === 1);
    expect(textsInLog()).toEqual(['a job']);
  });

  test('goes on after a restart from what was delivered before', async () => {
    await start(streaming);
    await put('one');
    await until(() => functionLines.length === 1);
    await runtime?.close();
    await start(streaming);
    await put('two');
    await until(() => functionLines.length === 2);
    expect(textsInLog()).toEqual(['one', 'two']);
  });

  test('a mapping that is off delivers nothing, and its function is not needed', async () => {
    const off = mapping('Messages0A1B2C3D', { StartingPosition: 'TRIM_HORIZON', Enabled: false });
    await start({ Messages0A1B2C3D: stream, Consumer: lambda({ Runtime: 'python3.13' }), Mapping: off });
    expect(runtime?.streamCounters()).toEqual({});
  });

  test('but is of a type that the runtime does not know is listed', async () => {
    await start({
      ...streaming,
      Alerts: { Type: 'AWS::SNS::Topic' },
      Warnings: { Type: 'AWS::SNS::Topic' },
      Role: { Type: 'AWS::IAM::Role' },
    });
    expect(logLines.filter((line) => line.startsWith('Not served'))).toEqual([
      'Not served locally: AWS::SNS::Topic (Alerts, Warnings)',
    ]);
  });
});

describe('what cannot be served but is needed is one clear error', () => {
  test.each<[string, Resources, string]>([
    [
      'a resource in a function’s environment',
      {
        ...streaming,
        Alerts: { Type: 'AWS::SNS::Topic' },
        Consumer: lambda({ Environment: { Variables: { TOPIC_ARN: { Ref: 'Alerts' } } } }),
      },
      'The function Consumer needs AWS::SNS::Topic Alerts.Ref (TOPIC_ARN), which is not served locally.',
    ],
    [
      'an attribute in a function’s environment',
      {
        ...streaming,
        Cache: { Type: 'AWS::ElastiCache::ServerlessCache' },
        Consumer: lambda({
          Environment: { Variables: { HOST: { 'Fn::GetAtt': ['Cache', 'Endpoint.Address'] } } },
        }),
      },
      'The function Consumer needs AWS::ElastiCache::ServerlessCache Cache.Endpoint.Address (HOST), which is not served locally.',
    ],
    [
      'a source of a mapping',
      {
        Consumer: lambda(),
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            FunctionName: { Ref: 'Consumer' },
            EventSourceArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/T/stream/1',
          },
        },
      },
      'AWS::Lambda::EventSourceMapping Mapping: a source of dynamodb is not served locally.',
    ],
    [
      'an on-failure destination',
      {
        ...streaming,
        Mapping: mapping('Messages0A1B2C3D', {
          StartingPosition: 'LATEST',
          DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:us-east-1:000000000000:Alerts' } },
        }),
      },
      'AWS::Lambda::EventSourceMapping Mapping: the on-failure destination arn:aws:sns:us-east-1:000000000000:Alerts is not served locally.',
    ],
    [
      'another language',
      { ...streaming, Consumer: lambda({ Runtime: 'python3.13' }) },
      'The function Consumer runs python3.13; only Node.js is served locally.',
    ],
    [
      'a function that is not there',
      {
        Messages0A1B2C3D: stream,
        Mapping: mapping('Messages0A1B2C3D', { StartingPosition: 'LATEST', FunctionName: 'Gone' }),
      },
      'The template refers to the function Gone, but declares none of that name.',
    ],
    [
      'a queue that shows messages again while they are being worked on',
      { Jobs: { Type: 'AWS::SQS::Queue' }, Consumer: lambda({ Timeout: 60 }), Mapping: mapping('Jobs') },
      "AWS::Lambda::EventSourceMapping Mapping: the queue's visibility timeout (30 s) is less than the function's timeout (60 s).",
    ],
  ])('%s', async (_, resources, message) => {
    const starting = start(resources);
    await expect(starting).rejects.toThrow(StartError);
    await expect(starting).rejects.toThrow(message);
    // Nothing is left running: the folder and the emulators' files are free for the next start.
    await start(streaming);
  });

  test('but not where nothing invokes it, such as a deployment’s own helper', async () => {
    await start({ ...streaming, Helper: lambda({ Runtime: 'python3.13' }) });
  });
});

test('the management API of connections is on no port that clients know', async () => {
  await start(streaming);
  const response = await fetch(`${runtime?.url}/_aws/connections-api/@connections/abc`, { method: 'DELETE' });
  expect(response.status).toBe(404);
});

test('pages of an origin that the CORS configuration of the API names are let in', async () => {
  const friend = 'http://localhost:5173';
  await start({
    ...streaming,
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        ProtocolType: 'HTTP',
        CorsConfiguration: { AllowOrigins: [friend], AllowMethods: ['GET'] },
      },
    },
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: 'v1' } },
  });
  const preflight = (origin: string) =>
    fetch(`${runtime?.url}/v1/health`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
  const welcome = await preflight(friend);
  expect(welcome.status).toBe(204);
  expect(welcome.headers.get('access-control-allow-origin')).toBe(friend);
  const refused = await preflight('http://localhost:3000');
  expect(refused.status).toBe(403);
  expect(refused.headers.has('access-control-allow-origin')).toBe(false);
});

test('what is kept can be read by its owner alone', async () => {
  const maskBefore = process.umask(0o022);
  try {
    await start({
      ...streaming,
      Things: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        },
      },
      Jobs: { Type: 'AWS::SQS::Queue' },
      Bucket: { Type: 'AWS::S3::Bucket' },
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
    });
    await put('hello');
    await until(() => functionLines.length === 1);
    const { sqs, s3, destroy } = storeClients(started());
    await sqs.send(
      new SendMessageCommand({ QueueUrl: started().physicalName('Jobs'), MessageBody: 'a job' }),
    );
    const Bucket = started().physicalName('Bucket');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'an object' }));
    destroy();
    const modes = new Map(
      ['', ...readdirSync(started().dataDirectory, { recursive: true, encoding: 'utf8' })].map((name) => {
        const item = statSync(join(started().dataDirectory, name));
        return [name, [item.isDirectory() ? 0o700 : 0o600, item.mode & 0o777]] as const;
      }),
    );
    expect([...modes].filter(([, [wanted, found]]) => wanted !== found)).toEqual([]);
    for (const name of ['dynamodb.sqlite', 'dynamodb.sqlite-wal', 'kinesis', 'queues', 'endpoints.json'])
      expect([...modes.keys()]).toContain(name);
    await runtime?.close();
    // Whoever started it within a larger program gets back what was.
    expect(process.umask()).toBe(0o022);
  } finally {
    process.umask(maskBefore);
  }
});

test('the assembly may be made while port and data folder are already taken', async () => {
  let asked = 0;
  const assemblyDirectory = async () => {
    asked += 1;
    return writeAssembly(streaming);
  };
  await start(streaming, { assemblyDirectory });
  const second = startRuntime({ assemblyDirectory, dataDirectory: join(folder, 'data'), port: 0 });
  await expect(second).rejects.toThrow('in use by another Parley');
  expect(asked).toBe(1);
});
