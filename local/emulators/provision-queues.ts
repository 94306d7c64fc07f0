import { CreateQueueCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Resource } from '../template/assembly.ts';
import { queueName } from './resource-attributes.ts';

/** Attributes of a queue that CloudFormation and the API call the same. */
const ATTRIBUTES = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'MaximumMessageSize',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'ContentBasedDeduplication',
] as const;
/** Those that fauxqs takes only when it makes a queue. */
const FIRST_ATTRIBUTES = ['FifoQueue', 'DeduplicationScope', 'FifoThroughputLimit'] as const;

/** Creates the queue, or gives an existing one the template's attributes. */
export async function provisionQueue(client: SQSClient, resource: Resource): Promise<void> {
  const Attributes = attributesOf(resource, ATTRIBUTES);
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({
      QueueName: queueName(resource),
      Attributes: attributesOf(resource, FIRST_ATTRIBUTES),
    }),
  );
  if (Object.keys(Attributes).length > 0) {
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
}

function attributesOf(resource: Resource, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = resource.properties[name];
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    }),
  );
}
