import type { ConversationHead } from '../stores/conversation-store.ts';
import type { InboxRow } from '../stores/inbox-store.ts';

/** A conversation before its first message. */
export function newHead(
  conversationId: string,
  type: 'DM' | 'GROUP',
  title: string | null,
  createdBy: string,
  counts: { memberCount: number; adminCount: number },
): ConversationHead {
  const createdAt = new Date().toISOString();
  return {
    conversationId,
    type,
    title,
    createdAt,
    createdBy,
    ...counts,
    membersVersion: 1,
    lastSeq: 0,
    lastRevision: 0,
    lastActivityAt: createdAt,
    lastMessagePreview: null,
  };
}

/** The row of one who joins now: all that was said before counts as read. */
export function newRow(head: ConversationHead, userId: string, role: 'admin' | 'member'): InboxRow {
  const joinedAt = new Date().toISOString();
  return {
    userId,
    conversationId: head.conversationId,
    type: head.type,
    role,
    joinedAt,
    lastSeq: head.lastSeq,
    lastReadSeq: head.lastSeq,
    lastActivityAt: joinedAt,
    pinned: false,
    mutedUntil: null,
    ...(head.subscriptions !== undefined && { subscribedSince: joinedAt }),
  };
}
