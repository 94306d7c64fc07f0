import type { InvocationOutcome } from '../lambda/lambda-pool.ts';

/** Which items of a batch a function says it failed: none, all, or those named. */
export type ItemFailures = 'none' | 'all' | ReadonlySet<string>;

/**
 * Reads a function's answer as the mappings for streams and queues do.
 *
 * All succeeded: an empty or null list, an empty or null answer (or one without the list, such as an HTTP-like
 * `{statusCode: 500}`: nobody but the list is asked). All failed: an error, or an item whose identifier is missing,
 * empty, null, no string, or not of this batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function itemFailures(
  outcome: InvocationOutcome,
  identifiers: ReadonlySet<string>,
  reportsItemFailures: boolean,
): ItemFailures {
  if ('functionError' in outcome) return 'all';
  if (!reportsItemFailures || typeof outcome.payload !== 'object' || outcome.payload === null) return 'none';
  const list = 'batchItemFailures' in outcome.payload ? outcome.payload.batchItemFailures : null;
  if (list === null || list === undefined) return 'none';
  if (!Array.isArray(list)) return 'all';
  const failed = new Set<string>();
  for (const item of list as unknown[]) {
    const identifier =
      typeof item === 'object' && item !== null && 'itemIdentifier' in item ? item.itemIdentifier : undefined;
    if (typeof identifier !== 'string' || !identifiers.has(identifier)) return 'all';
    failed.add(identifier);
  }
  return failed.size === 0 ? 'none' : failed;
}
