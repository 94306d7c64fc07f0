import type { MiddlewareObj } from '@middy/core';
import { errorCodes, ParleyError } from '../../shared/protocol/errors.ts';
import { count, publishMetrics } from '../metrics.ts';
import { type Describe, invocationLog } from './invocation-log.ts';

/** What every function has: one line in the log for each invocation, and one for whatever was counted in it. */
export function observed<Event>(describe: Describe<Event>): MiddlewareObj<Event>[] {
  const metrics: MiddlewareObj<Event> = {
    after: publishMetrics,
    onError: ({ error }) => {
      if (isFault(error)) count('Faults');
      publishMetrics();
    },
  };
  return [invocationLog(describe), metrics];
}

function isFault(error: unknown): boolean {
  // The authorizer refuses a token with an error of API Gateway's own, whose cause is ours.
  const known = error instanceof Error && error.cause instanceof ParleyError ? error.cause : error;
  return !(known instanceof ParleyError) || errorCodes[known.code].status >= 500;
}
