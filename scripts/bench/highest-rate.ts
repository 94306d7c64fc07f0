import type { ChatLoad } from './chat-load.ts';
import { latencyRow } from './markdown.ts';

export type Ramp = { from: number; step: number; seconds: number; p99LimitMs: number };

/** Raises the rate up to the first that misses the limit, loses a message, or is refused. */
export async function findHighestRate(
  load: ChatLoad,
  { from, step, seconds, p99LimitMs }: Ramp,
): Promise<{ perSecond: number; rows: string[][] }> {
  const rows: string[][] = [];
  for (let perSecond = from; ; perSecond += step) {
    const result = await load.run(perSecond, seconds);
    rows.push([String(perSecond), ...latencyRow(result)]);
    const held =
      result.latency.getValueAtPercentile(99) < p99LimitMs * 1000 &&
      result.received === result.sent &&
      result.errors.length === 0;
    if (!held) return { perSecond: perSecond - step, rows };
  }
}
