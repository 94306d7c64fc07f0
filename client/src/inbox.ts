import { Emitter } from './emitter.ts';
import type { ConversationInfo } from './protocol.ts';
import type { Replica } from './replica.ts';

export type InboxEvents = {
  /** Something in it changed; several changes at once are told once. */
  change: Inbox;
};

/** All of the user's conversations, live: pinned ones first, then by newest activity. */
export class Inbox extends Emitter<InboxEvents> implements Iterable<ConversationInfo> {
  readonly #replica: Replica;
  readonly #now: () => number;
  #items: readonly ConversationInfo[] | undefined;
  #telling = false;

  /** @internal */
  constructor(replica: Replica, now: () => number) {
    super();
    this.#replica = replica;
    this.#now = now;
  }

  /** The same array until something changes. */
  get items(): readonly ConversationInfo[] {
    this.#items ??= this.#replica.all().sort(byPlace);
    return this.#items;
  }

  /** Whether it has been read to its end once. Until then there may be more. */
  get isLoaded(): boolean {
    return this.#replica.isComplete;
  }

  get(conversationId: string): ConversationInfo | undefined {
    return this.#replica.get(conversationId);
  }

  /** Unread messages of all conversations. */
  get unreadMessages(): number {
    return sumOfUnread(this.items);
  }

  /** Conversations with something unread. */
  get unreadConversations(): number {
    return this.items.filter(({ unreadCount }) => unreadCount > 0).length;
  }

  /** Unread messages of those conversations that are not muted now: the number for a badge. */
  get unmutedUnreadMessages(): number {
    const now = this.#now();
    return sumOfUnread(
      this.items.filter(({ mutedUntil }) => mutedUntil === null || Date.parse(mutedUntil) <= now),
    );
  }

  [Symbol.iterator](): Iterator<ConversationInfo> {
    return this.items[Symbol.iterator]();
  }

  /** @internal */
  changed(): void {
    this.#items = undefined;
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.emit('change', this);
    });
  }
}

function sumOfUnread(items: readonly ConversationInfo[]): number {
  return items.reduce((sum, { unreadCount }) => sum + unreadCount, 0);
}

function byPlace(one: ConversationInfo, other: ConversationInfo): number {
  if (one.pinned !== other.pinned) return one.pinned ? -1 : 1;
  if (one.lastActivityAt !== other.lastActivityAt) return one.lastActivityAt > other.lastActivityAt ? -1 : 1;
  return one.conversationId < other.conversationId ? -1 : 1;
}
