import type { Profile, PublicProfile } from '../../shared/protocol/entities.ts';
import type { User } from '../stores/user-store.ts';

/** What others may know of a user. */
export function publicProfile({ userId, username, displayName }: User): PublicProfile {
  return { userId, username, displayName };
}

/** What a user is told of themself. */
export function ownProfile(user: User): Profile {
  return { ...publicProfile(user), createdAt: user.createdAt };
}
