import type { Resource } from '../template/assembly.ts';
import { MappingProperties } from './mapping-properties.ts';

/** Settings of an event source mapping for an SQS queue. */
export type SqsMappingSettings = {
  batchSize: number;
  batchingWindowSeconds: number;
  reportBatchItemFailures: boolean;
  /** How many batches the function may have at a time. */
  maximumConcurrency: number;
};

/** Lambda begins with five concurrent batches of a queue: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const DEFAULT_CONCURRENCY = 5;
/** ReceiveMessage's own limit; a larger batch is gathered over the batching window. */
export const RECEIVE_LIMIT = 10;

/** Bounds of https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and API_ScalingConfig. */
export function sqsSettings(mapping: Resource, queue: { isFifo: boolean }): SqsMappingSettings {
  const read = new MappingProperties(mapping);
  const batchSize = read.number('BatchSize', {
    default: 10,
    from: 1,
    to: queue.isFifo ? RECEIVE_LIMIT : 10_000,
  });
  const batchingWindowSeconds = read.number('MaximumBatchingWindowInSeconds', {
    default: 0,
    from: 0,
    to: queue.isFifo ? 0 : 300,
  });
  if (batchSize > RECEIVE_LIMIT && batchingWindowSeconds < 1) {
    throw read.error('a BatchSize over 10 wants a MaximumBatchingWindowInSeconds of at least 1');
  }
  return {
    batchSize,
    batchingWindowSeconds,
    reportBatchItemFailures: read.reportsItemFailures,
    maximumConcurrency: maximumConcurrency(mapping, read),
  };
}

function maximumConcurrency(mapping: Resource, read: MappingProperties): number {
  // As CloudFormation spells it.
  const scaling = mapping.properties['ScalingConfig'] as { MaximumConcurrency?: number } | undefined;
  if (scaling?.MaximumConcurrency === undefined) return DEFAULT_CONCURRENCY;
  const maximum = Number(scaling.MaximumConcurrency);
  if (!(Number.isInteger(maximum) && maximum >= 2 && maximum <= 1000)) {
    throw read.error('ScalingConfig.MaximumConcurrency must be 2 to 1000');
  }
  return maximum;
}
