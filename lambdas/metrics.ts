import { Metrics } from '@aws-lambda-powertools/metrics';
import { type Count, metricsNamespace, metricUnits } from '../shared/domain/metrics.ts';
import { variable } from './environment.ts';

/** Made when something is counted for the first time: most functions, and most invocations, count nothing. */
let metrics: Metrics | undefined;

/** Kept in memory until {@link publishMetrics}. */
export const count: Count = (metric, value = 1) => {
  metrics ??= newMetrics();
  metrics.addMetric(metric, metricUnits[metric], value);
};

/**
 * Writes what was counted as a line of the log, from which CloudWatch makes metrics: no call, and no wait
 * (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
export function publishMetrics(): void {
  if (metrics?.hasStoredMetrics()) metrics.publishStoredMetrics();
}

function newMetrics(): Metrics {
  const made = new Metrics({ namespace: metricsNamespace });
  // Without the library's own dimension, the function's name: sums and percentiles are wanted of the whole stage.
  made.clearDefaultDimensions();
  made.setDefaultDimensions({ stage: variable('PARLEY_STAGE') });
  return made;
}
