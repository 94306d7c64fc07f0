import * as v from 'valibot';

/** Each error code of the protocol with the HTTP status and title that stand for it. */
export const errorCodes = {
  BAD_REQUEST: { status: 400, title: 'The request is malformed' },
  UNAUTHENTICATED: { status: 401, title: 'Sign in first' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  NOT_FOUND: { status: 404, title: 'No such thing' },
  CONFLICT: { status: 409, title: 'In conflict with what is already there' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Too large' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Our fault' },
  UNAVAILABLE: { status: 503, title: 'Try again' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

export const ErrorCodeName = v.picklist(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]); // The keys are the codes.

/**
 * The one error that reaches a client. Its `message` is written for the client's developer: it never names a
 * table, a resource or another user's data. Any other error that escapes is answered as `INTERNAL`.
 */
export class ParleyError extends Error {
  readonly code: ErrorCode;
  /** Milliseconds after which trying again makes sense; set for `RATE_LIMITED` and `UNAVAILABLE`. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ParleyError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const retryBusyAfterMs = { min: 1_000, max: 3_000 };

/**
 * A dependency is down or too busy.
 * @param random spreads those who are told so at the same moment; from 0 to 1
 */
export function unavailable(message: string, random: () => number = Math.random): ParleyError {
  const { min, max } = retryBusyAfterMs;
  return new ParleyError('UNAVAILABLE', message, {
    retryAfterMs: Math.round(min + random() * (max - min)),
  });
}

/** The same to who never was signed in, and to whom no longer is. */
export function notSignedIn(): ParleyError {
  return new ParleyError(
    'UNAUTHENTICATED',
    'The token is missing, not valid, or no longer good: sign in again.',
  );
}

/** To members. */
export function messageNotFound(): ParleyError {
  return new ParleyError('NOT_FOUND', 'There is no such message in this conversation.');
}

/** Membership is never confirmed to a stranger: what one may not see answers as what does not exist. */
export function conversationNotFound(): ParleyError {
  return new ParleyError('NOT_FOUND', 'There is no such conversation, or you are not a member of it.');
}
