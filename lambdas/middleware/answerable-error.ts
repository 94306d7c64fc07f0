import { ParleyError, unavailable } from '../../shared/protocol/errors.ts';
import { logger } from '../logger.ts';

/** Errors that AWS means to pass by themselves, by name (SDK error reference) or by Node's code. */
const transient = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'KMSThrottlingException',
  'TransactionInProgressException',
  'TransactionConflictException',
  'TransactionCanceledException',
  'LimitExceededException',
  'ServiceUnavailableException',
  'InternalServerError',
  'InternalFailure',
  'TimeoutError',
  'AbortError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'CredentialsProviderError',
]);

/**
 * The one place where what went wrong becomes what a client is told. An error that is not the protocol's own is logged
 * whole and told in general terms.
 */
export function answerableError(
  error: unknown,
  ids: { requestId: string; clientRequestId?: string | undefined },
): ParleyError {
  if (error instanceof ParleyError) return error;
  logger.error('unexpected error', {
    ...ids,
    error: error instanceof Error ? error : new Error(String(error)),
  });
  return isTransient(error)
    ? unavailable('Parley is busy or a part of it is down: try again.')
    : new ParleyError('INTERNAL', 'Something went wrong on our side.');
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, $fault } = error as Error & { code?: unknown; $fault?: unknown }; // The SDK's and Node's own fields.
  return (
    $fault === 'server' || transient.has(error.name) || (typeof code === 'string' && transient.has(code))
  );
}
