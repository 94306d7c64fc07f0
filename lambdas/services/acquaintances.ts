import pMap from 'p-map';
import type { PublicProfile } from '../../shared/protocol/entities.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import { publicProfile } from './conversation-views.ts';

/** Who may see whom: people who share a conversation. */
export class Acquaintances {
  readonly #inbox: InboxStore;
  readonly #profiles: ProfileStore;

  constructor(inbox: InboxStore, profiles: ProfileStore) {
    this.#inbox = inbox;
    this.#profiles = profiles;
  }

  /** Profiles of those of `userIds` with whom the caller shares a conversation, and of the caller. */
  async profiles(callerId: string, userIds: string[]): Promise<PublicProfile[]> {
    const own = new Set<string>();
    for await (const page of this.#inbox.conversationIds(callerId)) for (const id of page) own.add(id);

    const known = await pMap(
      userIds,
      async (userId) => (userId === callerId || (await this.#shares(own, userId)) ? [userId] : []),
      { concurrency: 10 },
    );
    const users = await this.#profiles.users(known.flat());
    return known.flat().flatMap((userId) => {
      const user = users.get(userId);
      return user === undefined ? [] : [publicProfile(user)];
    });
  }

  async #shares(own: Set<string>, userId: string): Promise<boolean> {
    for await (const page of this.#inbox.conversationIds(userId)) {
      if (page.some((conversationId) => own.has(conversationId))) return true;
    }
    return false;
  }
}
