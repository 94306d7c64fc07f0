import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { GatewayMetrics } from '../gateway/gateway.ts';
import type { KinesisMapping } from '../streams/kinesis-mapping.ts';
import type { Overview, QueueView } from './console-api.ts';
import type { Observations } from './observations.ts';

export type OverviewSources = {
  observations: Observations;
  gateway: { metrics: GatewayMetrics };
  streams: readonly KinesisMapping[];
  queues: readonly { name: string; url: string }[];
  sqs: SQSClient;
};

/** How the runtime is doing at this moment. */
export function overviewOf({ observations, gateway, streams, queues, sqs }: OverviewSources) {
  const startedAt = new Date().toISOString();
  return async (): Promise<Overview> => {
    const depths = await Promise.all(queues.map((queue) => depthOf(queue, sqs)));
    const now = Date.now();
    const { connections, connectionsOpened, framesIn, framesOut, httpRequests } = gateway.metrics;
    return {
      now: new Date(now).toISOString(),
      startedAt,
      connections,
      connectionsOpened,
      framesIn,
      framesOut,
      httpRequests,
      metrics: observations.metrics.views(now),
      functions: observations.functions(now),
      queues: depths,
      shards: streams.flatMap((mapping) =>
        mapping.shards().map((shard) => ({ stream: mapping.streamName, ...shard })),
      ),
      errors: observations.errors(),
    };
  };
}

async function depthOf({ name, url }: { name: string; url: string }, sqs: SQSClient): Promise<QueueView> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    name,
    waiting: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
    inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
  };
}
