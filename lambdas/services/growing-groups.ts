import pMap from 'p-map';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MembershipStore } from '../stores/membership-store.ts';
import type { Subscriptions } from './subscriptions.ts';

const membersPerPage = 100;
const marksAtOnce = 25;

/**
 * Subscribes a growing group's connections while it is still small, so that there is no message for which neither its
 * members nor its subscriptions are known when it becomes large. docs/adr/0007 has the argument.
 */
export class GrowingGroups {
  readonly #conversations: ConversationStore;
  readonly #memberships: MembershipStore;
  readonly #inbox: InboxStore;
  readonly #subscriptions: Subscriptions;

  constructor(parts: {
    conversations: ConversationStore;
    memberships: MembershipStore;
    inbox: InboxStore;
    subscriptions: Subscriptions;
  }) {
    this.#conversations = parts.conversations;
    this.#memberships = parts.memberships;
    this.#inbox = parts.inbox;
    this.#subscriptions = parts.subscriptions;
  }

  /** Whether {@link prepare} comes before this group may have so many members. */
  mustPrepare(head: ConversationHead, memberCount: number): boolean {
    if (head.subscriptions === 'complete') return false;
    // Somebody began: they may be at it still, or dead.
    return head.subscriptions === 'building' || memberCount > limits.subscribedMembers;
  }

  /** Marks and subscribes all members. The head, which is another one afterwards, is to be read again. */
  async prepare(head: ConversationHead): Promise<void> {
    const { conversationId } = head;
    if (head.subscriptions === undefined && !(await this.#memberships.beginSubscriptions(head))) return;
    let after: string | undefined;
    do {
      const members = await this.#memberships.page(conversationId, membersPerPage, after);
      // Who leaves meanwhile has no row to mark, and who joins has a marked one.
      await pMap(members, ({ userId }) => this.#inbox.markSubscribed(userId, conversationId), {
        concurrency: marksAtOnce,
      });
      await this.#subscriptions.subscribe(members);
      after = members.length < membersPerPage ? undefined : members.at(-1)?.userId;
    } while (after !== undefined);
    await this.#conversations.completeSubscriptions(conversationId);
  }
}
