/** CloudWatch's metrics that the alarms and the dashboard look at, each with the page that names it. */
import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type MetricName, metricsNamespace } from '../../shared/domain/metrics.ts';
import type { TableInUse } from '../stacks/parley-data.ts';

/** A metric that the functions count themselves, of one stage. */
export function ownMetric(
  stage: string,
  metricName: MetricName,
  statistic: string,
  period: Duration,
): Metric {
  return new Metric({
    namespace: metricsNamespace,
    metricName,
    dimensionsMap: { stage },
    statistic,
    period,
    label: statistic === Stats.SUM ? metricName : `${metricName} ${statistic}`,
  });
}

/** A metric that Lambda keeps of each function: docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export function functionMetric(
  lambda: IFunction,
  metricName: 'Invocations' | 'Errors' | 'Throttles' | 'Duration' | 'ConcurrentExecutions' | 'IteratorAge',
  statistic: string,
  period: Duration,
): Metric {
  return lambda.metric(metricName, { statistic, period });
}

/**
 * Concurrency that nobody else of the account can have, in this region: what runs and what is reserved
 * (docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html).
 */
export function accountConcurrency(period: Duration): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'ClaimedAccountConcurrency',
    statistic: Stats.MAXIMUM,
    period,
  });
}

/**
 * Reads and writes that DynamoDB refused for coming too fast, of a table and its indexes
 * (docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html).
 */
export function throttledItems(
  table: TableInUse,
  indexNames: string[],
  period: Duration,
  label: string,
): IMetric {
  const events = (metricName: string, indexName?: string) =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: {
        TableName: table.tableName,
        ...(indexName !== undefined && { GlobalSecondaryIndexName: indexName }),
      },
      statistic: Stats.SUM,
      period,
    });
  return sum(
    [undefined, ...indexNames].flatMap((indexName) => [
      events('ReadThrottleEvents', indexName),
      events('WriteThrottleEvents', indexName),
    ]),
    label,
    period,
  );
}

/** One alarm takes up to ten metrics (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html). */
export function sum(metrics: IMetric[], label: string, period: Duration): IMetric {
  // A graph wants each id once, among all that it draws.
  const prefix = `sum${label.replace(/\W/g, '')}`;
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`${prefix}${index}`, metric]));
  const expression = Object.keys(usingMetrics)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return new MathExpression({ expression, usingMetrics, label, period });
}

/** `part` in percent of `whole`, and 0 while `whole` is under `atLeast`: one of two is no half. */
export function percentage(
  part: IMetric,
  whole: IMetric,
  { atLeast, label, period }: { atLeast: number; label: string; period: Duration },
): IMetric {
  return new MathExpression({
    expression: `IF(FILL(whole, 0) < ${atLeast}, 0, 100 * FILL(part, 0) / whole)`,
    usingMetrics: { part, whole },
    label,
    period,
  });
}
