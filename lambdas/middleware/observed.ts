import type { MiddlewareObj } from '@middy/core';
import { publishMetrics } from '../metrics.ts';
import { type Describe, invocationLog } from './invocation-log.ts';

/** What every function has: one line in the log for each invocation, and one for whatever was counted in it. */
export function observed<Event>(describe: Describe<Event>): MiddlewareObj<Event>[] {
  return [invocationLog(describe), { after: publishMetrics, onError: publishMetrics }];
}
