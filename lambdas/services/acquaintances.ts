import pMap from 'p-map';
import { dmConversationId } from '../../shared/domain/ids.ts';
import type { PublicProfile } from '../../shared/protocol/entities.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import { publicProfile } from './profiles.ts';

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
    const known = await this.among(callerId, userIds);
    const users = await this.#profiles.users(known);
    return known.flatMap((userId) => {
      const user = users.get(userId);
      return user === undefined ? [] : [publicProfile(user)];
    });
  }

  /** Those of `userIds`, in their order, with whom the caller shares a conversation, and the caller. */
  async among(callerId: string, userIds: string[]): Promise<string[]> {
    const known = new Set([callerId, ...(await this.#directPeers(callerId, userIds))]);
    const others = userIds.filter((userId) => !known.has(userId));
    for (const userId of await this.#fellowMembers(callerId, others)) known.add(userId);
    return userIds.filter((userId) => known.has(userId));
  }

  /** Most are people one has written to, which a look at the conversation of the two tells. */
  async #directPeers(callerId: string, userIds: string[]): Promise<string[]> {
    const others = userIds.filter((userId) => userId !== callerId);
    const rows = await this.#inbox.rows(
      others.map((userId) => ({ userId: callerId, conversationId: dmConversationId(callerId, userId) })),
    );
    return rows.flatMap((row) => row.peerId ?? []);
  }

  /** For the rest, both lists of conversations are gone through until one is in both. */
  async #fellowMembers(callerId: string, userIds: string[]): Promise<string[]> {
    if (userIds.length === 0) return [];
    const own = new Set<string>();
    for await (const page of this.#inbox.conversationIds(callerId)) for (const id of page) own.add(id);
    const sharing = await pMap(
      userIds,
      async (userId) => ((await this.#shares(own, userId)) ? [userId] : []),
      { concurrency: 10 },
    );
    return sharing.flat();
  }

  async #shares(own: Set<string>, userId: string): Promise<boolean> {
    for await (const page of this.#inbox.conversationIds(userId)) {
      if (page.some((conversationId) => own.has(conversationId))) return true;
    }
    return false;
  }
}
