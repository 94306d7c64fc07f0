import type { ConversationInfo } from '@parley/client';

export function titleOf({ type, title, peer }: Pick<ConversationInfo, 'type' | 'title' | 'peer'>): string {
  // Without a peer: the other one's account was erased.
  return type === 'DM' ? (peer?.displayName ?? 'Deleted account') : (title ?? 'Group');
}

/** What the colour of the picture comes from: the same for a person everywhere. */
export function pictureIdOf({
  conversationId,
  peer,
}: Pick<ConversationInfo, 'conversationId' | 'peer'>): string {
  return peer?.userId ?? conversationId;
}

export function isMuted({ mutedUntil }: Pick<ConversationInfo, 'mutedUntil'>, now: number): boolean {
  return mutedUntil !== null && Date.parse(mutedUntil) > now;
}
