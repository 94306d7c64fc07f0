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
  'DeduplicationScope',
  'FifoThroughputLimit',
] as const;

/** Creates the queue, or gives an existing one the template's attributes. */
export async function provisionQueue(client: SQSClient, resource: Resource): Promise<void> {
  const Attributes: Record<string, string> = {};
  for (const attribute of ATTRIBUTES) {
    const value = resource.properties[attribute];
    if (value === undefined) continue;
    Attributes[attribute] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({
      QueueName: queueName(resource),
      ...(resource.properties['FifoQueue'] === true && { Attributes: { FifoQueue: 'true' } }),
    }),
  );
  if (Object.keys(Attributes).length > 0) {
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }
}
