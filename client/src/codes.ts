/** The numbers and names of the protocol that the client goes by; see docs/protocol.md. */
import type { ErrorCode } from './protocol.ts';

/** Selected by the server at the handshake; the token travels beside it, so that no URL holds it. */
export const subprotocol = 'parley.v1';
export const bearerPrefix = 'bearer.';

/** Of the WebSocket protocol: all is well, nobody wants more. */
export const normalClosure = 1000;

/** One frame of ours, in bytes of UTF-8. */
export const frameBytes = 32 * 1024;
/** Conversations in one `sync`. */
export const syncConversations = 50;
/** Users in one `presence`. */
export const presenceUsers = 100;
/** Messages for each conversation in one `sync`, rows of the inbox in one answer: the most there is. */
export const fullPage = 100;

export const heartbeatEveryMs = 60_000;
/** How long a reply may take. */
export const replyWithinMs = 10_000;
/** How long opening a socket may take: longer than a function that starts cold. */
export const openWithinMs = 20_000;
/** An HTTP answer: API Gateway gives up after 30 s itself. */
export const answerWithinMs = 30_000;

/** API Gateway cuts every socket at two hours; a new one is opened so long before. */
export const renewAfterMs = { min: 105 * 60_000, max: 115 * 60_000 };

/** Where that fails, again after about this. */
export const retryRenewalAfterMs = 30_000;
/** What was pushed to the old socket before the new one was known arrives within this. */
export const lingerMs = 5_000;

/** An acknowledged message whose event has not come is sent again after this, then after twice as long … */
export const resendAfterMs = 30_000;
/** … up to this. */
export const resendAtMostMs = 60 * 60_000;

/** A message that is known from elsewhere, such as by who has read it, is given so long to come by itself. */
export const hintMs = 1_000;

/** Clocks of servers differ, and the index behind the inbox lags, by less than this. */
export const inboxSlackMs = 60_000;
/** The inbox is compared whole this often at most, and at least when anything happened. */
export const wholeInboxEveryMs = 10 * 60_000;

const codes: unknown[] = [
  'BAD_REQUEST',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMITED',
  'INTERNAL',
  'UNAVAILABLE',
] satisfies ErrorCode[];

export function isErrorCode(code: unknown): code is ErrorCode {
  return codes.includes(code);
}
