/** How two states of one conversation become one, whichever came first. */
import type { ConversationInfo, Message, MessagePreview } from './protocol.ts';

/** Numbers only grow, and what goes with them follows the higher one; of all else the change is the newer state. */
export function merged(before: ConversationInfo, change: Partial<ConversationInfo>): ConversationInfo {
  const lastSeq = Math.max(before.lastSeq, change.lastSeq ?? 0);
  const lastReadSeq = Math.max(before.lastReadSeq, change.lastReadSeq ?? 0);
  const { lastActivityAt = '', lastMessagePreview: preview } = change;
  return {
    ...before,
    ...change,
    lastSeq,
    lastReadSeq,
    unreadCount: Math.max(0, lastSeq - lastReadSeq),
    lastActivityAt: lastActivityAt > before.lastActivityAt ? lastActivityAt : before.lastActivityAt,
    lastMessagePreview:
      preview && preview.seq >= (before.lastMessagePreview?.seq ?? 0) ? preview : before.lastMessagePreview,
  };
}

/** Of a row, what cannot be outdated, since it only grows. */
export function grownOf(row: ConversationInfo): Partial<ConversationInfo> {
  const { lastSeq, lastReadSeq, lastActivityAt, lastMessagePreview } = row;
  return { lastSeq, lastReadSeq, lastActivityAt, lastMessagePreview };
}

/** As the server writes it: docs/protocol.md, "Conversation". Two UTF-16 units are enough for any character. */
export function previewOf({ seq, senderId, content }: Message): MessagePreview {
  return { seq, senderId, text: [...content.slice(0, 240)].slice(0, 120).join('') };
}

export function isSame(one: ConversationInfo, other: ConversationInfo): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
