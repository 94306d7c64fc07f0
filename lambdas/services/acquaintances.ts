import { dmConversationId } from '../../shared/domain/ids.ts';
import type { PublicProfile } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { batchesOf } from '../stores/batches.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MemberStore } from '../stores/member-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import { publicProfile } from './profiles.ts';

/**
 * Who may see whom: people who share a conversation.
 *
 * A user's conversations can be many, and strangers can make them more. So no list is read whole: a shared
 * conversation that the caller names costs one look-up, a DM as well, since its id follows from the two, and the rest
 * of {@link limits.acquaintanceLookups} go to the conversations where the caller last saw something happen.
 */
export class Acquaintances {
  readonly #inbox: InboxStore;
  readonly #members: MemberStore;
  readonly #profiles: ProfileStore;

  constructor(inbox: InboxStore, members: MemberStore, profiles: ProfileStore) {
    this.#inbox = inbox;
    this.#members = members;
    this.#profiles = profiles;
  }

  /** Profiles of those of `userIds` whom {@link among} finds. */
  async profiles(callerId: string, userIds: string[], conversationIds?: string[]): Promise<PublicProfile[]> {
    const known = await this.among(callerId, userIds, conversationIds);
    const users = await this.#profiles.users(known);
    return known.flatMap((userId) => {
      const user = users.get(userId);
      return user === undefined ? [] : [publicProfile(user)];
    });
  }

  /**
   * The caller, and those of `userIds` with whom the caller shares a conversation, as far as the look-ups reach: in
   * their order, each once.
   * @param conversationIds where the caller shares one with each: one for all of them, or one for each
   */
  async among(callerId: string, userIds: string[], conversationIds: string[] = []): Promise<string[]> {
    const known = new Set([callerId]);
    const unknown = () => [...new Set(userIds)].filter((userId) => !known.has(userId));
    const learn = (found: readonly string[]) => {
      for (const userId of found) known.add(userId);
    };

    const named = pairsOf(userIds, conversationIds).filter(({ userId }) => userId !== callerId);
    const rows = withRowsOf(callerId, named);
    if (named.length > 0) learn(await this.#fellows(callerId, rows));
    if (unknown().length > 0) learn(await this.#directPeers(callerId, unknown()));
    // Look-ups are counted as the calls that they take.
    const lookups =
      limits.acquaintanceLookups - batchesOf(rows, limits.idsPerCall).length * limits.idsPerCall;
    if (unknown().length > 0) learn(await this.#recentFellows(callerId, unknown(), lookups));
    return [...new Set(userIds)].filter((userId) => known.has(userId));
  }

  /** Most are people one has written to, which a look at the conversation of the two tells. */
  async #directPeers(callerId: string, userIds: string[]): Promise<string[]> {
    const rows = await this.#inbox.rows(
      userIds.map((userId) => ({ userId: callerId, conversationId: dmConversationId(callerId, userId) })),
    );
    return rows.flatMap((row) => row.peerId ?? []);
  }

  /** Looks for the rest in as many of the caller's conversations as `lookups` reach. */
  async #recentFellows(callerId: string, userIds: string[], lookups: number): Promise<string[]> {
    const count = Math.floor(lookups / (userIds.length + 1));
    if (count === 0) return [];
    // The index of activity does not follow large groups: they are taken in turns with it.
    const [active, large] = await Promise.all([
      this.#inbox.newest(callerId, count),
      this.#inbox.newestSubscribed(callerId, count),
    ]);
    const inTurns = active.flatMap(({ conversationId }, index) =>
      [conversationId, large[index] ?? []].flat(),
    );
    const conversationIds = [...new Set([...inTurns, ...large])].slice(0, count);
    const pairs = conversationIds.flatMap((conversationId) =>
      userIds.map((userId) => ({ conversationId, userId })),
    );
    return this.#fellows(callerId, withRowsOf(callerId, pairs));
  }

  /** Those who are members of a conversation of which the caller is a member too. */
  async #fellows(callerId: string, rows: MemberKey[]): Promise<string[]> {
    const found = await this.#members.rows(rows);
    const own = new Set(
      found.filter(({ userId }) => userId === callerId).map(({ conversationId }) => conversationId),
    );
    return found.filter(({ conversationId }) => own.has(conversationId)).map(({ userId }) => userId);
  }
}

type MemberKey = { conversationId: string; userId: string };

function pairsOf(userIds: string[], conversationIds: string[]): MemberKey[] {
  return userIds.flatMap((userId, index) => {
    const conversationId = conversationIds.length === 1 ? conversationIds[0] : conversationIds[index];
    return conversationId === undefined ? [] : [{ conversationId, userId }];
  });
}

/** The same rows, each once, and the caller's of the same conversations: an index or a client may be wrong about those. */
function withRowsOf(callerId: string, pairs: MemberKey[]): MemberKey[] {
  const own = pairs.map(({ conversationId }) => ({ conversationId, userId: callerId }));
  const byName = new Map([...own, ...pairs].map((key) => [`${key.conversationId} ${key.userId}`, key]));
  return [...byName.values()];
}
