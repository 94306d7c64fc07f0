import type { Resource } from '../template/assembly.ts';
import { MappingProperties } from './mapping-properties.ts';

/** Settings of an event source mapping for Kinesis. -1 is "no limit", as on AWS. */
export type KinesisMappingSettings = {
  batchSize: number;
  batchingWindowSeconds: number;
  parallelizationFactor: number;
  bisectBatchOnFunctionError: boolean;
  maximumRetryAttempts: number;
  maximumRecordAgeSeconds: number;
  reportBatchItemFailures: boolean;
  /** Records that arrived earlier (epoch milliseconds) are not delivered; undefined is LATEST. */
  startFrom: number | undefined;
  onFailureArn: string | undefined;
};

/** Names, defaults and bounds of https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export function kinesisSettings(mapping: Resource): KinesisMappingSettings {
  const read = new MappingProperties(mapping);
  return {
    batchSize: read.number('BatchSize', { default: 100, from: 1, to: 10_000 }),
    batchingWindowSeconds: read.number('MaximumBatchingWindowInSeconds', { default: 0, from: 0, to: 300 }),
    parallelizationFactor: read.number('ParallelizationFactor', { default: 1, from: 1, to: 10 }),
    bisectBatchOnFunctionError: read.flag('BisectBatchOnFunctionError', false),
    maximumRetryAttempts: read.number('MaximumRetryAttempts', { default: -1, from: 0, to: 10_000, or: -1 }),
    maximumRecordAgeSeconds: read.number('MaximumRecordAgeInSeconds', {
      default: -1,
      from: 60,
      to: 604_800,
      or: -1,
    }),
    reportBatchItemFailures: read.reportsItemFailures,
    startFrom: startFrom(mapping, read),
    onFailureArn: onFailureArn(mapping),
  };
}

function startFrom(mapping: Resource, read: MappingProperties): number | undefined {
  const position = read.text('StartingPosition');
  switch (position) {
    case 'TRIM_HORIZON':
      return 0;
    case 'LATEST':
      return undefined;
    case 'AT_TIMESTAMP': {
      const seconds = Number(mapping.properties['StartingPositionTimestamp']);
      if (!Number.isFinite(seconds)) throw read.error('AT_TIMESTAMP wants StartingPositionTimestamp');
      return seconds * 1000;
    }
    default:
      throw read.error(`StartingPosition ${position} is not one of TRIM_HORIZON, LATEST, AT_TIMESTAMP`);
  }
}

function onFailureArn(mapping: Resource): string | undefined {
  // As CloudFormation spells it.
  const config = mapping.properties['DestinationConfig'] as
    | { OnFailure?: { Destination?: string } }
    | undefined;
  return config?.OnFailure?.Destination;
}
