import { mustBeAdmin, mustBeGroup, mustLeaveAnAdmin } from '../../shared/domain/membership-rules.ts';
import type { Member } from '../../shared/protocol/entities.ts';
import { conversationNotFound, ParleyError } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Role } from '../../shared/protocol/values.ts';
import { batchesOf } from '../stores/batches.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MemberRow } from '../stores/member-store.ts';
import { type MembershipStore, membersPerTransaction } from '../stores/membership-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import type { ConversationCounts, Places } from './conversation-counts.ts';
import type { ConversationViews } from './conversation-views.ts';
import type { GrowingGroups } from './growing-groups.ts';
import { newRow } from './new-conversation.ts';
import { Deliveries, type Push } from './push.ts';
import { retriedChange } from './retried-change.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Who is in a conversation, who may change that, and who is told. */
export class Members {
  readonly #conversations: ConversationStore;
  readonly #memberships: MembershipStore;
  readonly #inbox: InboxStore;
  readonly #profiles: ProfileStore;
  readonly #views: ConversationViews;
  readonly #push: Push;
  readonly #counts: ConversationCounts;
  readonly #subscriptions: Subscriptions;
  readonly #growing: GrowingGroups;

  constructor(parts: {
    conversations: ConversationStore;
    memberships: MembershipStore;
    inbox: InboxStore;
    profiles: ProfileStore;
    views: ConversationViews;
    push: Push;
    counts: ConversationCounts;
    subscriptions: Subscriptions;
    growing: GrowingGroups;
  }) {
    this.#conversations = parts.conversations;
    this.#memberships = parts.memberships;
    this.#inbox = parts.inbox;
    this.#profiles = parts.profiles;
    this.#views = parts.views;
    this.#push = parts.push;
    this.#counts = parts.counts;
    this.#subscriptions = parts.subscriptions;
    this.#growing = parts.growing;
  }

  /** Members by user id. Throws `NOT_FOUND` to one who is no member. */
  async page(
    callerId: string,
    conversationId: string,
    { limit = limits.memberPage, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  ): Promise<{ items: Member[]; nextCursor: string | null }> {
    if ((await this.#inbox.row(callerId, conversationId)) === undefined) throw conversationNotFound();
    // The cursor is the last user id of the page before; one more than asked for tells whether there is a next.
    const rows = await this.#memberships.page(conversationId, limit + 1, cursor);
    const page = rows.slice(0, limit);
    return {
      items: await this.#shown(page),
      nextCursor: rows.length > limit ? (page.at(-1)?.userId ?? null) : null,
    };
  }

  /** The first members, as shown with the conversation itself. */
  async first(conversationId: string): Promise<Member[]> {
    return this.#shown(await this.#memberships.page(conversationId, limits.membersShown));
  }

  /** Adds those who are not members yet; returns all of `userIds` as members. */
  async add(callerId: string, conversationId: string, userIds: string[]): Promise<Member[]> {
    await this.#asAdmin(callerId, conversationId);
    if ((await this.#profiles.users(userIds)).size < userIds.length) {
      throw new ParleyError('BAD_REQUEST', 'userIds: no such user.');
    }
    const added: string[] = [];
    try {
      for (const some of batchesOf(userIds, membersPerTransaction)) {
        const admitted = await this.#admit(conversationId, some, this.#counts.places());
        added.push(...admitted);
        await this.#welcome(conversationId, admitted, some);
      }
    } finally {
      // Also where only some could be admitted: those are members now.
      if (added.length > 0) await this.announceChange(conversationId, added);
    }
    return this.#shown(await this.#memberships.membersAmong(conversationId, userIds));
  }

  /**
   * Admits the members whom a creation has not got to, perhaps because it was cut short.
   * @param places those that it has taken for them
   */
  async admitPending(conversationId: string, places: Places): Promise<void> {
    const admitted: string[] = [];
    for (;;) {
      const head = await this.#conversations.head(conversationId);
      const pending = head?.pendingMemberIds;
      if (pending === undefined) break;
      const rest = pending.slice(membersPerTransaction);
      // Since the creation some may have been erased, or have joined as many others as one may.
      const users = await this.#profiles.users(pending.slice(0, membersPerTransaction));
      const withPlace = await places.takeWhereFree([...users.keys()]);
      const added = await this.#admit(conversationId, withPlace, places, rest);
      await this.#welcome(conversationId, added, added);
      admitted.push(...added);
    }
    if (admitted.length > 0) await this.announceChange(conversationId, admitted);
  }

  async setRole(callerId: string, conversationId: string, userId: string, role: Role): Promise<Member> {
    const member = await retriedChange(async () => {
      const head = await this.#asAdmin(callerId, conversationId);
      const before = await this.#memberships.member(conversationId, userId);
      if (before === undefined) throw noSuchMember();
      if (before.role === role) return before;
      mustLeaveAnAdmin(head, before.role);
      return (await this.#memberships.setRole(head, before, role)) ? { ...before, role } : undefined;
    });
    await this.introduce(conversationId, [userId]);
    const [shown] = await this.#shown([member]);
    if (shown === undefined) throw noSuchMember();
    return shown;
  }

  /** By an admin, or by oneself. */
  async remove(callerId: string, conversationId: string, userId: string): Promise<void> {
    const count = await this.#counts.before(userId);
    const { subscriptions } = await retriedChange(async () => {
      const head = await this.#asMember(callerId, conversationId);
      mustBeGroup(head);
      if (userId !== callerId) mustBeAdmin(head.callerRole);
      const member = await this.#memberships.member(conversationId, userId);
      if (member === undefined) throw noSuchMember();
      mustLeaveAnAdmin(head, member.role);
      return (await this.#memberships.remove(head, member)) ? head : undefined;
    });
    if (subscriptions !== undefined) await this.#subscriptions.unsubscribe(conversationId, userId);
    await this.#push.toUser(userId, { type: 'conversationRemoved', conversationId });
    await this.announceChange(conversationId);
    await this.#counts.left(userId, count);
  }

  /** Shows members the conversation as it is for them now: to those who were added, or whose role changed. */
  async introduce(conversationId: string, userIds: string[]): Promise<void> {
    const views = await this.#views.views(userIds.map((userId) => ({ userId, conversationId })));
    const deliveries = new Deliveries(
      views.map(({ userId, conversation }) => [userId, [{ type: 'conversation', conversation }]]),
    );
    await this.#push.deliver(deliveries);
  }

  /** Tells the members of a small group its title and size, but for those who were just shown it. */
  async announceChange(conversationId: string, exceptIds: string[] = []): Promise<void> {
    const head = await this.#conversations.head(conversationId);
    if (head === undefined || head.memberCount > limits.smallGroupMembers) return;
    const { title, memberCount } = head;
    const members = await this.#memberships.all(conversationId);
    const others = members.map((member) => member.userId).filter((userId) => !exceptIds.includes(userId));
    await this.#push.toUsers(others, { type: 'conversationChanged', conversationId, title, memberCount });
  }

  /**
   * Shows newcomers the conversation, and then lets their connections have its messages: so that they hear of it before
   * its first one. `userIds` are they and those who were members already, whose welcome may have been cut short.
   */
  async #welcome(conversationId: string, added: string[], userIds: string[]): Promise<void> {
    const before = await this.#conversations.head(conversationId);
    if (before === undefined) return;
    const welcome = before.subscriptions === undefined ? added : userIds;
    await this.introduce(conversationId, welcome);
    if (before.subscriptions === undefined) return;
    await this.#subscriptions.subscribe(await this.#memberships.membersAmong(conversationId, welcome));
    const after = await this.#conversations.head(conversationId);
    // What was said meanwhile may have passed them by: its number tells them that they lack it.
    if (after !== undefined && after.lastSeq > before.lastSeq) await this.introduce(conversationId, welcome);
  }

  /** Answers who of `userIds` was not a member before. Each of those takes a place. */
  async #admit(
    conversationId: string,
    userIds: string[],
    places: Places,
    pendingAfter?: string[],
  ): Promise<string[]> {
    const admitted = await retriedChange(async () => {
      const head = await this.#conversations.head(conversationId);
      if (head === undefined) throw conversationNotFound();
      const present = await this.#memberships.membersAmong(conversationId, userIds);
      const absent = userIds.filter((userId) => !present.some((member) => member.userId === userId));
      if (absent.length === 0 && pendingAfter === undefined) return [];
      if (head.memberCount + absent.length > limits.groupMembers) {
        throw new ParleyError('CONFLICT', `A group has at most ${limits.groupMembers} members.`);
      }
      if (this.#growing.mustPrepare(head, head.memberCount + absent.length)) {
        await this.#growing.prepare(head);
        return undefined;
      }
      await places.take(absent);
      const rows = absent.map((userId) => newRow(head, userId, 'member'));
      if (!(await this.#memberships.add(head, rows, pendingAfter))) return undefined;
      places.use(absent);
      return absent;
    });
    // Of those who were added by another call at the same time.
    await places.giveBack(userIds);
    return admitted;
  }

  async #asMember(
    callerId: string,
    conversationId: string,
  ): Promise<ConversationHead & { callerRole: Role }> {
    // The head first: a role read after it is at least as new as the version that a change will be conditional on.
    const head = await this.#conversations.head(conversationId);
    const caller = await this.#memberships.member(conversationId, callerId);
    if (head === undefined || caller === undefined) throw conversationNotFound();
    return { ...head, callerRole: caller.role };
  }

  async #asAdmin(callerId: string, conversationId: string): Promise<ConversationHead> {
    const head = await this.#asMember(callerId, conversationId);
    mustBeGroup(head);
    mustBeAdmin(head.callerRole);
    return head;
  }

  /** Read markers live in the inbox rows alone, so that moving one is one write. */
  async #shown(members: MemberRow[]): Promise<Member[]> {
    const [users, rows] = await Promise.all([
      this.#profiles.users(members.map((member) => member.userId)),
      this.#inbox.rows(members.map(({ userId, conversationId }) => ({ userId, conversationId }))),
    ]);
    const lastReadSeqs = new Map(rows.map((row) => [row.userId, row.lastReadSeq]));
    return members.flatMap(({ userId, role, joinedAt }) => {
      const user = users.get(userId);
      const lastReadSeq = lastReadSeqs.get(userId);
      if (user === undefined || lastReadSeq === undefined) return [];
      const { username, displayName } = user;
      return [{ userId, username, displayName, role, joinedAt, lastReadSeq }];
    });
  }
}

function noSuchMember(): ParleyError {
  return new ParleyError('NOT_FOUND', 'There is no such member in this conversation.');
}
