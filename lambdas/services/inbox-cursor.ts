import { ParleyError } from '../../shared/protocol/errors.ts';
import type { InboxPosition } from '../stores/inbox-store.ts';

/** Where a page of the inbox ends, without whose inbox it is. */
export type InboxCursor = {
  /** Of the last item. */
  lastActivityAt: string;
  /** The last item, if it was a large group: those with a lower id at the same time are still to come. */
  largeId: string | undefined;
  /** The last place that was taken from the `byActivity` index. */
  indexed: InboxPosition | undefined;
};

const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
const id = '[\\w-]{1,64}';
const written = new RegExp(`^(${time}) (${id})?(?: (${time}) (${id}))?$`);

export function writeInboxCursor({ lastActivityAt, largeId = '', indexed }: InboxCursor): string {
  const rest = indexed === undefined ? '' : ` ${indexed.lastActivityAt} ${indexed.conversationId}`;
  return Buffer.from(`${lastActivityAt} ${largeId}${rest}`).toString('base64url');
}

/** Throws `BAD_REQUEST`. */
export function readInboxCursor(cursor: string): InboxCursor {
  const [, lastActivityAt, largeId, indexedAt, indexedId] =
    written.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (lastActivityAt === undefined) {
    throw new ParleyError('BAD_REQUEST', 'cursor: is not a cursor of this listing.');
  }
  return {
    lastActivityAt,
    largeId,
    indexed:
      indexedAt === undefined || indexedId === undefined
        ? undefined
        : { lastActivityAt: indexedAt, conversationId: indexedId },
  };
}
