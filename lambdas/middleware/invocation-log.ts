import type { MiddlewareObj } from '@middy/core';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { logger, takeMentioned } from '../logger.ts';

/** Says what an invocation was about. Never content, a token or a password: only ids, names and counts. */
export type Describe<Event> = (event: Event) => Record<string, string | number | undefined>;

/** One structured line for each invocation, with whatever was mentioned on the way. */
export function invocationLog<Event>(describe: Describe<Event>): MiddlewareObj<Event> {
  // Kept by event, not in a variable of the container, which the next invocation would inherit.
  const begun = new WeakMap<object, number>();
  const line = (event: Event, invocationId: string, outcome: string) => {
    const startedAt = begun.get(event as object) ?? performance.now(); // Lambda's events are objects.
    const durationMs = Math.round(performance.now() - startedAt);
    logger.info('invocation', {
      invocationId,
      ...describe(event),
      ...takeMentioned(),
      outcome,
      durationMs,
    });
  };
  return {
    before: ({ event }) => {
      begun.set(event as object, performance.now()); // As above.
      takeMentioned(); // Of an invocation that was cut off.
    },
    after: ({ event, context }) => line(event, context.awsRequestId, 'ok'),
    onError: ({ event, context, error }) =>
      line(event, context.awsRequestId, error instanceof ParleyError ? error.code : 'error'),
  };
}
