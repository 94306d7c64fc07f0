import { join } from 'node:path';
import type { Arrivals } from '../emulators/arrivals.ts';
import type { StoreClients } from '../emulators/aws-client.ts';
import type { Log } from '../emulators/emulator.ts';
import { eventSourceMappingId } from '../emulators/resource-attributes.ts';
import { functionNameOf } from '../functions.ts';
import type { LambdaInvoker } from '../lambda/lambda-pool.ts';
import type { Assembly, Resource } from '../template/assembly.ts';
import type { Backoff } from './backoff.ts';
import { BucketDestination, type FailureDestination, QueueDestination } from './failure-destination.ts';
import { KinesisMapping } from './kinesis-mapping.ts';
import { kinesisSettings } from './kinesis-settings.ts';
import { MappingProperties } from './mapping-properties.ts';
import { SqsMapping } from './sqs-mapping.ts';
import { sqsSettings } from './sqs-settings.ts';

export type MappingServices = {
  clients: StoreClients;
  arrivals: Arrivals;
  invoker: LambdaInvoker;
  region: string;
  accountId: string;
  dataDirectory: string;
  log: Log;
  pollIntervalMs?: number | undefined;
  backoff?: Backoff | undefined;
};

export type Mappings = {
  kinesis: KinesisMapping[];
  sqs: SqsMapping[];
  start(): Promise<void>;
  close(): Promise<void>;
};

/** Enabled event source mappings of the template. */
export function enabledMappings(assembly: Assembly): Resource[] {
  return assembly
    .ofType('AWS::Lambda::EventSourceMapping')
    .filter((mapping) => new MappingProperties(mapping).flag('Enabled', true));
}

/** Builds, without starting them, the event source mappings of the template. */
export function mappingsFromAssembly(assembly: Assembly, services: MappingServices): Mappings {
  const kinesis: KinesisMapping[] = [];
  const sqs: SqsMapping[] = [];
  for (const resource of enabledMappings(assembly)) {
    const source = new MappingProperties(resource).text('EventSourceArn');
    const service = source.split(':')[2];
    if (service === 'kinesis') kinesis.push(kinesisMapping(resource, source, assembly, services));
    else if (service === 'sqs') sqs.push(sqsMapping(resource, source, assembly, services));
    else
      throw new MappingProperties(resource).error(`a source of ${service ?? source} is not served locally`);
  }
  return {
    kinesis,
    sqs,
    async start() {
      await Promise.all(kinesis.map((mapping) => mapping.start()));
      for (const mapping of sqs) mapping.start();
    },
    async close() {
      await Promise.all([...kinesis, ...sqs].map((mapping) => mapping.close()));
    },
  };
}

function kinesisMapping(
  resource: Resource,
  source: string,
  assembly: Assembly,
  services: MappingServices,
): KinesisMapping {
  const { clients, arrivals, invoker, region, dataDirectory, log, pollIntervalMs, backoff } = services;
  const mappingId = eventSourceMappingId(resource);
  const functionName = functionNameOf(resource.properties['FunctionName']);
  const settings = kinesisSettings(resource);
  // arn:…:stream/<name>, and /consumer/… after it where the mapping has a dedicated one.
  const streamName = source.split('/')[1] ?? '';
  return new KinesisMapping({
    mappingId,
    functionName,
    functionArn: functionArn(functionName, services),
    streamName,
    streamArn: source.split('/').slice(0, 2).join('/'),
    invokeIdentityArn: roleOf(functionName, assembly),
    region,
    settings,
    kinesis: clients.kinesis,
    arrivals,
    invoker,
    destination: destinationOf(resource, settings.onFailureArn, services),
    checkpointFile: join(dataDirectory, 'checkpoints', `${mappingId}.json`),
    log,
    ...(pollIntervalMs !== undefined && { pollIntervalMs }),
    ...(backoff !== undefined && { backoff }),
  });
}

function sqsMapping(
  resource: Resource,
  source: string,
  assembly: Assembly,
  services: MappingServices,
): SqsMapping {
  const { clients, invoker, region, log } = services;
  const functionName = functionNameOf(resource.properties['FunctionName']);
  const queue = assembly
    .ofType('AWS::SQS::Queue')
    .find((candidate) => queueNameIn(candidate.ref) === source.split(':')[5]);
  if (queue === undefined) throw new MappingProperties(resource).error(`the template has no queue ${source}`);
  const visibilitySeconds = Number(queue.properties['VisibilityTimeout'] ?? 30);
  const timeoutSeconds = Number(functionResource(functionName, assembly)?.properties['Timeout'] ?? 3);
  if (timeoutSeconds > visibilitySeconds) {
    // CreateEventSourceMapping refuses it, too: each message would come again while it is being worked on.
    throw new MappingProperties(resource).error(
      `the queue's visibility timeout (${visibilitySeconds} s) is less than the function's timeout (${timeoutSeconds} s)`,
    );
  }
  return new SqsMapping({
    functionName,
    queueUrl: queue.ref,
    queueArn: source,
    region,
    settings: sqsSettings(resource, { isFifo: queue.properties['FifoQueue'] === true }),
    sqs: clients.sqs,
    invoker,
    log,
  });
}

function destinationOf(
  resource: Resource,
  arn: string | undefined,
  { clients, accountId }: MappingServices,
): FailureDestination | undefined {
  if (arn === undefined) return undefined;
  const parts = arn.split(':');
  const name = parts[5] ?? '';
  switch (parts[2]) {
    case 's3':
      return new BucketDestination(clients.s3, name);
    case 'sqs':
      // fauxqs finds a queue by the path alone.
      return new QueueDestination(clients.sqs, `http://sqs.local/${accountId}/${name}`);
    default:
      throw new MappingProperties(resource).error(`the on-failure destination ${arn} is not served locally`);
  }
}

function functionArn(functionName: string, { region, accountId }: MappingServices): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${functionName}`;
}

function roleOf(functionName: string, assembly: Assembly): string {
  return String(functionResource(functionName, assembly)?.properties['Role'] ?? '');
}

function functionResource(functionName: string, assembly: Assembly): Resource | undefined {
  return assembly.ofType('AWS::Lambda::Function').find((lambda) => lambda.logicalId === functionName);
}

function queueNameIn(url: string): string | undefined {
  return url.split('/').at(-1);
}
