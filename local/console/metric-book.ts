import { isRecord } from '../template/template.ts';
import type { MetricView } from './console-api.ts';
import { RecentValues } from './recent-values.ts';

type Metric = { unit: string; values: RecentValues };

/**
 * The metrics that CloudWatch would make of the functions' logs.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class MetricBook {
  readonly #metrics = new Map<string, Metric>();

  /** Takes a line of the log that is a JSON object; one that tells of no metric is left alone. */
  add(line: Record<string, unknown>, now: number): void {
    const { _aws: meta } = line;
    if (!isRecord(meta) || !Array.isArray(meta['CloudWatchMetrics'])) return;
    for (const directive of meta['CloudWatchMetrics']) {
      if (!isRecord(directive) || !Array.isArray(directive['Metrics'])) continue;
      for (const definition of directive['Metrics']) {
        if (!isRecord(definition)) continue;
        const name = String(definition['Name']);
        const unit = String(definition['Unit'] ?? 'None');
        for (const value of [line[name]].flat()) {
          if (typeof value === 'number') this.#metric(name, unit).values.add(value, now);
        }
      }
    }
  }

  views(now: number): MetricView[] {
    return [...this.#metrics]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, { unit, values }]) => {
        const counted = unit === 'Count';
        const of = counted ? 'sum' : 'count';
        const p50 = counted ? undefined : values.percentile(0.5, now);
        const p99 = counted ? undefined : values.percentile(0.99, now);
        return {
          name,
          unit,
          total: counted ? values.sum : values.total,
          lastMinute: values.lastMinute(of, now),
          series: values.series(of, now),
          ...(p50 !== undefined && { p50 }),
          ...(p99 !== undefined && { p99 }),
        };
      });
  }

  #metric(name: string, unit: string): Metric {
    const metric = this.#metrics.get(name) ?? { unit, values: new RecentValues() };
    this.#metrics.set(name, metric);
    return metric;
  }
}
