import { expect, test } from 'vitest';
import { metricsNamespace, metricUnits } from './metrics.ts';

test('alarms of operators find the metrics where they were, in units that CloudWatch knows', () => {
  expect(metricsNamespace).toBe('Parley');
  const { PushLatency, ...counts } = metricUnits;
  expect(PushLatency).toBe('Milliseconds');
  expect(new Set(Object.values(counts))).toEqual(new Set(['Count']));
});
