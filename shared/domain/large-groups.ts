import { createHash } from 'node:crypto';

/**
 * What sets large groups apart. A group is large from the moment it has more than `limits.smallGroupMembers` members,
 * and stays so when it shrinks. Its head says so (`isLarge`), under the same `membersVersion` as its members.
 *
 * Which inbox rows are exact: in conversations that are not large, each member's row in `ConversationsByUser` follows
 * every message (`lastSeq`, `lastActivityAt`). In a large group these two stay at what they were when the member joined or
 * the group became large, and the conversation's head is what counts. `lastReadSeq`, role and settings are exact in both.
 */
export function hasExactInboxRows(head: { isLarge?: true }): boolean {
  return head.isLarge !== true;
}

/** Slices of a large group's connections: each is pushed to by a job of its own, in order. */
export const subscriptionBuckets = 16;

export function bucketOfConnection(connectionId: string): number {
  return createHash('sha256').update(connectionId).digest().readUInt32BE() % subscriptionBuckets;
}

/** Names one slice of one group's connections. */
export function bucketIdOf(conversationId: string, bucket: number): string {
  return `${conversationId}#${bucket}`;
}
