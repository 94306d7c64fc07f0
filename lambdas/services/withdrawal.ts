import { isLastAdmin } from '../../shared/domain/membership-rules.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { MemberRow } from '../stores/member-store.ts';
import type { MembershipStore } from '../stores/membership-store.ts';
import type { Members } from './members.ts';
import { retriedChange } from './retried-change.ts';
import type { Subscriptions } from './subscriptions.ts';

/**
 * Takes one who is being erased out of a conversation. Nothing keeps them there, as it keeps those who leave: a DM stays
 * with one member, and the last admin of a group hands over.
 */
export class Withdrawal {
  readonly #conversations: ConversationStore;
  readonly #memberships: MembershipStore;
  readonly #members: Members;
  readonly #subscriptions: Subscriptions;

  constructor(parts: {
    conversations: ConversationStore;
    memberships: MembershipStore;
    members: Members;
    subscriptions: Subscriptions;
  }) {
    this.#conversations = parts.conversations;
    this.#memberships = parts.memberships;
    this.#members = parts.members;
    this.#subscriptions = parts.subscriptions;
  }

  /** Afterwards the user has no rows of this conversation. Doing it again changes nothing. */
  async withdraw(userId: string, conversationId: string): Promise<void> {
    const { left } = await retriedChange(() => this.#attempt(userId, conversationId));
    if (left === undefined) return;
    if (left.subscriptions !== undefined) await this.#subscriptions.unsubscribe(conversationId, userId);
    await this.#members.announceChange(conversationId);
    // Whom the conversation is with is part of how its other member sees it.
    if (left.type === 'DM') {
      const others = await this.#memberships.page(conversationId, 1);
      await this.#members.introduce(
        conversationId,
        others.map((member) => member.userId),
      );
    }
  }

  /** `undefined` where somebody was faster, and where there is another step to take. */
  async #attempt(userId: string, conversationId: string): Promise<{ left?: ConversationHead } | undefined> {
    // The head first: a role read after it is at least as new as the version that a change will be conditional on.
    const head = await this.#conversations.head(conversationId);
    const member = await this.#memberships.member(conversationId, userId);
    if (head === undefined || member === undefined) {
      const lacking = head === undefined ? 'conversation' : 'member';
      return (await this.#memberships.removeStray(userId, conversationId, lacking)) ? {} : undefined;
    }
    if (isLastAdmin(head, member.role) && (await this.#handOver(head, userId))) return undefined;
    return (await this.#memberships.remove(head, member)) ? { left: head } : undefined;
  }

  /** To the longest-standing of the first members: to find that of all, a group of 100,000 would have to be read. */
  async #handOver(head: ConversationHead, userId: string): Promise<boolean> {
    const members = await this.#memberships.page(head.conversationId, limits.membersShown);
    const [heir] = members.filter((member) => member.userId !== userId).sort(longestStandingFirst);
    if (heir === undefined) return false;
    if (await this.#memberships.setRole(head, heir, 'admin')) {
      await this.#members.introduce(head.conversationId, [heir.userId]);
    }
    return true;
  }
}

/** Members come by user id, which stays the order of those who joined at the same time. */
function longestStandingFirst(one: MemberRow, other: MemberRow): number {
  return Date.parse(one.joinedAt) - Date.parse(other.joinedAt);
}
