import type { ErrorCode } from './protocol.ts';

/** A code of the protocol, or `CLOSED`: the client was closed, or the message discarded, before there was an answer. */
export type ParleyErrorCode = ErrorCode | 'CLOSED';

/**
 * The one error that the client throws, rejects with and gives as a reason. Go by `code`; `message` is for developers.
 * `UNAVAILABLE` is also said of a server that could not be reached.
 */
export class ParleyError extends Error {
  readonly code: ParleyErrorCode;
  /** With `RATE_LIMITED`, and with `UNAVAILABLE` where the server says so: when trying again makes sense, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;

  constructor(
    code: ParleyErrorCode,
    message: string,
    options: { retryAfterMs?: number | undefined; requestId?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'ParleyError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.requestId = options.requestId;
  }
}

export function hasCode(error: unknown, ...codes: ParleyErrorCode[]): error is ParleyError {
  return error instanceof ParleyError && codes.includes(error.code);
}

/** Any failure as a {@link ParleyError}; what has no code of its own is the network's. */
export function asParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ParleyError('UNAVAILABLE', message, { cause: error });
}

/** Whether the same request may do better later. */
export function isTemporary(error: unknown): error is ParleyError {
  return hasCode(error, 'RATE_LIMITED', 'UNAVAILABLE');
}
