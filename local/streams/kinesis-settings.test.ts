import { describe, expect, test } from 'vitest';
import { mappingResource } from './fixtures/stream-under-test.ts';
import { kinesisSettings } from './kinesis-settings.ts';

describe('settings', () => {
  const settings = (properties: Record<string, unknown>) =>
    kinesisSettings(mappingResource({ StartingPosition: 'TRIM_HORIZON', ...properties }));

  test('have the defaults of AWS', () => {
    expect(settings({})).toEqual({
      batchSize: 100,
      batchingWindowSeconds: 0,
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      reportBatchItemFailures: false,
      startFrom: 0,
      onFailureArn: undefined,
    });
  });

  test.each([
    { BatchSize: 10_001 },
    { ParallelizationFactor: 11 },
    { MaximumRecordAgeInSeconds: 59 },
    { MaximumRetryAttempts: -2 },
    { MaximumBatchingWindowInSeconds: 301 },
    { StartingPosition: 'NOW' },
    { FilterCriteria: { Filters: [] } },
    { TumblingWindowInSeconds: 10 },
  ])('refuse %o', (properties) => {
    expect(() => settings(properties)).toThrow(/EventSourceMapping Mapping/);
  });
});
