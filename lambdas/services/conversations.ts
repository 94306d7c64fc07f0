import { createdConversationId, dmConversationId, newConversationId } from '../../shared/domain/ids.ts';
import { mustBeAdmin, mustBeGroup } from '../../shared/domain/membership-rules.ts';
import type { Conversation } from '../../shared/protocol/entities.ts';
import { conversationNotFound, ParleyError } from '../../shared/protocol/errors.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import { type MembershipStore, membersPerTransaction } from '../stores/membership-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import type { ConversationCounts, Places } from './conversation-counts.ts';
import type { ConversationViews } from './conversation-views.ts';
import type { Members } from './members.ts';
import { newHead, newRow } from './new-conversation.ts';
import type { Push } from './push.ts';
import type { RateLimiter } from './rate-limiter.ts';

export type Created = { created: boolean; conversation: Conversation };

/** Conversations as such: opening them, what they are called, and each member's own settings. */
export class Conversations {
  readonly #conversations: ConversationStore;
  readonly #memberships: MembershipStore;
  readonly #inbox: InboxStore;
  readonly #profiles: ProfileStore;
  readonly #views: ConversationViews;
  readonly #members: Members;
  readonly #push: Push;
  readonly #counts: ConversationCounts;
  readonly #rates: RateLimiter;

  constructor(parts: {
    conversations: ConversationStore;
    memberships: MembershipStore;
    inbox: InboxStore;
    profiles: ProfileStore;
    views: ConversationViews;
    members: Members;
    push: Push;
    counts: ConversationCounts;
    rates: RateLimiter;
  }) {
    this.#conversations = parts.conversations;
    this.#memberships = parts.memberships;
    this.#inbox = parts.inbox;
    this.#profiles = parts.profiles;
    this.#views = parts.views;
    this.#members = parts.members;
    this.#push = parts.push;
    this.#counts = parts.counts;
    this.#rates = parts.rates;
  }

  /** The one DM of two people, opened by whoever comes first. */
  async openDm(callerId: string, otherId: string): Promise<Created> {
    if (otherId === callerId) {
      throw new ParleyError('BAD_REQUEST', 'memberIds: a direct conversation is with someone else.');
    }
    const conversationId = dmConversationId(callerId, otherId);
    const existing = await this.#views.view(callerId, conversationId);
    if (existing !== undefined) return { created: false, conversation: existing };

    await this.#rates.take('conversations', callerId);
    await this.#mustExist([otherId]);
    const both = [callerId, otherId];
    const places = this.#counts.places();
    await places.take(both);
    const head = newHead(conversationId, 'DM', null, callerId, { memberCount: 2, adminCount: 0 });
    const created = await this.#memberships.create(head, [
      { ...newRow(head, callerId, 'member'), peerId: otherId },
      { ...newRow(head, otherId, 'member'), peerId: callerId },
    ]);
    if (created) {
      places.use(both);
      await this.#members.introduce(conversationId, both);
    } else {
      await places.giveBack(both);
    }
    return { created, conversation: await this.view(callerId, conversationId) };
  }

  /** A group. The same `createId` again answers the group it made, and finishes a creation that was cut short. */
  async createGroup(
    callerId: string,
    { title, memberIds, createId }: { title: string; memberIds: string[]; createId?: string | undefined },
  ): Promise<Created> {
    const conversationId =
      createId === undefined ? newConversationId() : createdConversationId(callerId, createId);
    if (createId !== undefined) {
      const existing = await this.#conversations.head(conversationId);
      if (existing !== undefined)
        return this.#created(callerId, conversationId, false, this.#counts.places());
    }

    await this.#rates.take('conversations', callerId);
    const others = memberIds.filter((userId) => userId !== callerId);
    await this.#mustExist(others);
    const everybody = [callerId, ...others];
    const places = this.#counts.places();
    await places.take(everybody);
    const first = others.slice(0, membersPerTransaction - 1);
    const pending = others.slice(first.length);
    const head: ConversationHead = {
      ...newHead(conversationId, 'GROUP', title, callerId, { memberCount: 1 + first.length, adminCount: 1 }),
      ...(pending.length > 0 && { pendingMemberIds: pending }),
    };
    const created = await this.#memberships.create(head, [
      newRow(head, callerId, 'admin'),
      ...first.map((userId) => newRow(head, userId, 'member')),
    ]);
    if (created) {
      places.use([callerId, ...first]);
      await this.#members.introduce(conversationId, [callerId, ...first]);
    }
    const result = await this.#created(callerId, conversationId, created, places);
    await places.giveBack(everybody);
    return result;
  }

  /** Throws `NOT_FOUND` to one who is no member. */
  async view(callerId: string, conversationId: string): Promise<Conversation> {
    const conversation = await this.#views.view(callerId, conversationId);
    if (conversation === undefined) throw conversationNotFound();
    return conversation;
  }

  async rename(callerId: string, conversationId: string, title: string | undefined): Promise<Conversation> {
    const row = await this.#inbox.row(callerId, conversationId);
    if (row === undefined) throw conversationNotFound();
    mustBeGroup(row);
    mustBeAdmin(row.role);
    if (title !== undefined) {
      await this.#conversations.setTitle(conversationId, title);
      await this.#members.announceChange(conversationId);
    }
    return this.view(callerId, conversationId);
  }

  async setOwnSettings(
    callerId: string,
    conversationId: string,
    settings: { pinned?: boolean | undefined; mutedUntil?: string | null | undefined },
  ): Promise<Conversation> {
    if (!(await this.#inbox.setOwnSettings(callerId, conversationId, settings))) throw conversationNotFound();
    const conversation = await this.view(callerId, conversationId);
    const event: ServerEvent = { type: 'conversation', conversation };
    await this.#push.toUser(callerId, event);
    return conversation;
  }

  /** @param places those that were taken for members who are still to be admitted */
  async #created(
    callerId: string,
    conversationId: string,
    created: boolean,
    places: Places,
  ): Promise<Created> {
    // One who is no member any more finishes nothing.
    await this.view(callerId, conversationId);
    await this.#members.admitPending(conversationId, places);
    return { created, conversation: await this.view(callerId, conversationId) };
  }

  async #mustExist(userIds: string[]): Promise<void> {
    const found = await this.#profiles.users(userIds);
    if (found.size < userIds.length) throw new ParleyError('BAD_REQUEST', 'memberIds: no such user.');
  }
}
