import type { ConversationInfo, PublicProfile } from '@parley/client';

/** The other one of a DM. Undefined in a group, and where their account was erased: nobody leaves a DM in another way. */
export function peerOf({
  type,
  peer,
  memberCount,
}: Pick<ConversationInfo, 'type' | 'peer' | 'memberCount'>): PublicProfile | undefined {
  return type === 'DM' && memberCount > 1 ? peer : undefined;
}

export function titleOf(info: ConversationInfo): string {
  return info.type === 'DM' ? (peerOf(info)?.displayName ?? 'Deleted account') : (info.title ?? 'Group');
}

/** What the colour of the picture comes from: the same for a person everywhere. */
export function pictureIdOf(info: ConversationInfo): string {
  return peerOf(info)?.userId ?? info.conversationId;
}

export function isMuted({ mutedUntil }: Pick<ConversationInfo, 'mutedUntil'>, now: number): boolean {
  return mutedUntil !== null && Date.parse(mutedUntil) > now;
}
