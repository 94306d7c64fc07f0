import pMap from 'p-map';
import type { InboxStore, Membership } from '../stores/inbox-store.ts';
import type { Connection, PresenceStore } from '../stores/presence-store.ts';
import type { Subscriber, SubscriptionStore, SubscriptionWriter } from '../stores/subscription-store.ts';

/** Writes under way at once. */
const concurrency = 25;

/**
 * Which connections receive what is said in groups that have subscriptions. Everything here may be repeated, and be cut
 * short and done again.
 *
 * No connection falls between the two ways to be subscribed: one that opens is registered before its user's marks are
 * read, and who marks a row does so before the user's connections are read, both consistently. So one sees the other.
 */
export class Subscriptions {
  readonly #store: SubscriptionStore;
  readonly #writer: SubscriptionWriter;
  readonly #inbox: InboxStore;
  readonly #presence: PresenceStore;

  constructor(
    store: SubscriptionStore,
    writer: SubscriptionWriter,
    inbox: InboxStore,
    presence: PresenceStore,
  ) {
    this.#store = store;
    this.#writer = writer;
    this.#inbox = inbox;
    this.#presence = presence;
  }

  /**
   * A connection that opens, already registered, is to receive what its user's groups say from now on. Its client's first
   * `sync` mends what changes at this very moment.
   */
  async open(connection: Subscriber): Promise<void> {
    await this.#store.putAll(await this.#inbox.subscribed(connection.userId), connection);
  }

  /** The same for one that was opened before. Answers whether anything was lacking: most of the time nothing is written. */
  async mend(connection: Subscriber): Promise<boolean> {
    const memberships = await this.#inbox.subscribed(connection.userId);
    if (memberships.length === 0) return false;
    const missing = await this.#store.missing(connection.connectionId, memberships);
    await pMap(missing, (membership) => this.#writer.put(membership, connection), { concurrency });
    return missing.length > 0;
  }

  async close({ userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>): Promise<void> {
    const memberships = await this.#inbox.subscribed(userId);
    await pMap(memberships, ({ conversationId }) => this.#store.remove(conversationId, connectionId), {
      concurrency,
    });
  }

  /** Members whose rows are marked: their present connections are to receive what this group says from now on. */
  async subscribe(members: readonly Membership[]): Promise<void> {
    const byUser = new Map(members.map((member) => [member.userId, member]));
    const connections = await this.#presence.connectionsOfAll([...byUser.keys()]);
    await pMap(
      connections,
      async (connection) => {
        const membership = byUser.get(connection.userId);
        if (membership !== undefined) await this.#writer.put(membership, connection);
      },
      { concurrency },
    );
  }

  /** One who is no member any more. */
  async unsubscribe(conversationId: string, userId: string): Promise<void> {
    const connections = await this.#presence.connectionsOfAll([userId]);
    await pMap(connections, ({ connectionId }) => this.#store.remove(conversationId, connectionId), {
      concurrency,
    });
  }
}
