import type { ErrorCode } from '../../shared/protocol/errors.ts';

/** When each error is answered. */
export const errorDescriptions: Record<ErrorCode, string> = {
  BAD_REQUEST:
    'Malformed JSON, an unknown action, or a field that is missing, unknown, of the wrong type or out of range.',
  UNAUTHENTICATED: 'No token, one that is bad, expired or ended, or wrong credentials.',
  FORBIDDEN: 'The caller is known and may not do this.',
  NOT_FOUND: 'There is no such thing, or the caller is not a member of it.',
  CONFLICT: 'In conflict with what is there already.',
  PAYLOAD_TOO_LARGE: 'The frame or body is over the limit.',
  RATE_LIMITED: 'Too many requests: try again later.',
  INTERNAL: 'Our fault; logged with the `requestId`.',
  UNAVAILABLE:
    'A dependency is down or too busy. Safe to retry after the time given, a message with the same `messageId`.',
};
