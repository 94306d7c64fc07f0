import { ParleyClient, type SignedIn } from '@parley/client';
import { forgetDrafts } from '../conversation/drafts.ts';
import { readSession } from './stored-session.ts';

/**
 * A session of the user has ended: removes drafts and messages that wait from this browser, where others may look. Unless
 * the same user has signed in again meanwhile, in another tab: then they are of the new session.
 */
export function forgetUser({ user, token }: SignedIn, client?: ParleyClient): void {
  const { userId } = user;
  if (readSession()?.user.userId === userId) return;
  forgetDrafts(userId);
  void (client ?? new ParleyClient({ url: location.origin, token, userId })).forget();
}
