import { build, type Histogram } from 'hdr-histogram-js';

const mostMicroseconds = 3_600_000_000;

export function newHistogram(): Histogram {
  return build({ numberOfSignificantValueDigits: 3, highestTrackableValue: mostMicroseconds });
}

export function record(into: Histogram, afterMs: number): void {
  into.recordValue(Math.min(Math.max(1, Math.round(afterMs * 1000)), mostMicroseconds));
}

export function milliseconds(of: Histogram, percentile: number): number {
  return of.getValueAtPercentile(percentile) / 1000;
}
