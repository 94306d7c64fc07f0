import { createHash } from 'node:crypto';
import type { AttributedResource, ResolutionContext } from '../template/assembly.ts';

/** Values that refer to something nothing here serves begin so; see {@link unservedReference}. */
const UNSERVED = 'unserved-locally:';

export type AttributeOptions = {
  region: string;
  accountId: string;
  /** Base URL of the SQS emulator: a queue's `Ref` is its URL. */
  queuesEndpoint: string;
  /** Where the gateway listens, such as `http://localhost:8787`. */
  gatewayEndpoint: string;
};

type Attributes = Record<string, string>;

/** Gives `Ref` and `Fn::GetAtt` of each resource type the value that the emulators will know it by. */
export function resourceAttributes(options: AttributeOptions): ResolutionContext {
  const { region, accountId } = options;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${accountId}:${rest}`;

  const byType: Record<string, (resource: AttributedResource) => Attributes> = {
    'AWS::DynamoDB::Table': (table) =>
      named(physicalName(table, 'TableName'), (name) => arn('dynamodb', `table/${name}`)),
    'AWS::DynamoDB::GlobalTable': (table) =>
      named(physicalName(table, 'TableName'), (name) => arn('dynamodb', `table/${name}`)),
    'AWS::Kinesis::Stream': (stream) =>
      named(physicalName(stream, 'Name'), (name) => arn('kinesis', `stream/${name}`)),
    'AWS::Kinesis::StreamConsumer': (consumer) => {
      const name = physicalName(consumer, 'ConsumerName');
      const consumerArn = `${consumer.properties['StreamARN']}/consumer/${name}:1`;
      return { Ref: consumerArn, ConsumerARN: consumerArn, ConsumerName: name };
    },
    'AWS::SQS::Queue': (queue) => {
      const name = queueName(queue);
      const url = `${options.queuesEndpoint}/${accountId}/${name}`;
      return { Ref: url, QueueUrl: url, QueueName: name, Arn: arn('sqs', name) };
    },
    'AWS::S3::Bucket': (bucket) => {
      const name = bucketName(bucket);
      return { Ref: name, Arn: `arn:aws:s3:::${name}`, DomainName: `${name}.s3.amazonaws.com` };
    },
    'AWS::SecretsManager::Secret': (secret) => {
      const name = physicalName(secret, 'Name');
      const secretArn = arn('secretsmanager', `secret:${name}-${sixCharacters(name)}`);
      return { Ref: secretArn, Id: secretArn, Arn: secretArn };
    },
    'AWS::Events::EventBus': (bus) =>
      named(physicalName(bus, 'Name'), (name) => arn('events', `event-bus/${name}`)),
    // The logical id, whatever name the template gives: it is what the runtime calls the function everywhere.
    'AWS::Lambda::Function': (lambda) => named(lambda.logicalId, (name) => arn('lambda', `function:${name}`)),
    'AWS::Lambda::EventSourceMapping': (mapping) => {
      const id = eventSourceMappingId(mapping);
      return { Ref: id, Id: id, EventSourceMappingArn: arn('lambda', `event-source-mapping:${id}`) };
    },
    'AWS::ApiGatewayV2::Api': (api) => ({
      Ref: api.logicalId,
      ApiId: api.logicalId,
      ApiEndpoint:
        api.properties['ProtocolType'] === 'WEBSOCKET'
          ? options.gatewayEndpoint.replace(/^http/, 'ws')
          : options.gatewayEndpoint,
    }),
    'AWS::ApiGatewayV2::Stage': (stage) => ({ Ref: String(stage.properties['StageName']) }),
    'AWS::IAM::Role': (role) =>
      named(physicalName(role, 'RoleName'), (name) => `arn:aws:iam::${accountId}:role/${name}`),
    'AWS::Logs::LogGroup': (group) =>
      named(physicalName(group, 'LogGroupName'), (name) => arn('logs', `log-group:${name}:*`)),
  };

  return {
    region,
    accountId,
    attribute(resource, name) {
      const value = byType[resource.type]?.(resource)[name];
      if (value !== undefined) return value;
      // A resource that is never served (a route, an alarm) is known by its logical id to those that name it.
      if (name === 'Ref' && !isStore(resource.type)) return resource.logicalId;
      return `${UNSERVED}${resource.type} ${resource.logicalId}.${name};`;
    },
  };
}

/** What a resolved value refers to that nothing here can give it, such as `AWS::SNS::Topic Alerts.Ref`. */
export function unservedReference(value: unknown): string | undefined {
  const text = JSON.stringify(value) ?? '';
  const start = text.indexOf(UNSERVED);
  return start < 0 ? undefined : text.slice(start + UNSERVED.length, text.indexOf(';', start));
}

/** Stacks may use the same logical id, so the stack's name is part of it, as it is on AWS. */
export function physicalName(resource: AttributedResource, property: string): string {
  const given = resource.properties[property];
  return typeof given === 'string' ? given : `${resource.stack}-${resource.logicalId}`;
}

export function queueName(queue: AttributedResource): string {
  const name = physicalName(queue, 'QueueName');
  return queue.properties['FifoQueue'] === true && !name.endsWith('.fifo') ? `${name}.fifo` : name;
}

/** S3 allows 63 characters, none of them upper case. */
export function bucketName(bucket: AttributedResource): string {
  const name = physicalName(bucket, 'BucketName').toLowerCase();
  return name.length <= 63 ? name : `${name.slice(0, 56)}-${sixCharacters(name).toLowerCase()}`;
}

/** The same at each start, since checkpoints and failure records are filed under it. */
export function eventSourceMappingId(mapping: AttributedResource): string {
  const hash = createHash('sha256').update(`${mapping.stack}/${mapping.logicalId}`).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `4${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

function named(name: string, arn: (name: string) => string): Attributes {
  return { Ref: name, Arn: arn(name) };
}

/** Secrets Manager ends each ARN with six random characters; here they follow from the name, so they stay. */
function sixCharacters(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 6);
}

/** Types whose `Ref` a function would hand to an AWS client or connect to. */
function isStore(type: string): boolean {
  return /^AWS::(SNS|ElastiCache|MemoryDB|RDS|Events|StepFunctions|OpenSearch\w*|SSM|AppConfig|Scheduler)::/.test(
    type,
  );
}
