import type { ConversationInfo } from '@parley/client';

export function titleOf({ type, title, peer }: Pick<ConversationInfo, 'type' | 'title' | 'peer'>): string {
  // Without a peer: the other one's account was erased.
  return type === 'DM' ? (peer?.displayName ?? 'Deleted account') : (title ?? 'Group');
}

/** Of the other one of a DM. */
export function handleOf({ peer }: Pick<ConversationInfo, 'peer'>): string {
  return peer === undefined ? 'Account erased' : `@${peer.username}`;
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
