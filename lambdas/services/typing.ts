import { conversationNotFound } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { InboxRow, InboxStore } from '../stores/inbox-store.ts';
import type { MemberStore } from '../stores/member-store.ts';
import type { RateBuckets } from '../stores/rate-limit-store.ts';
import type { Push } from './push.ts';

export type TypingState = 'started' | 'stopped';

/** Shorter than clients wait before they say it again, so that what goes on is shown without a break. */
const intervalMs = 2_000;
/** Each may be a post to 200 members' sockets; and more than a few names are of no use to a reader. */
const startsInGroup = { perSecond: 2, burst: 6 };

/**
 * Who is writing. What one member says is told to all others, so it is told seldom: a beginning once in a while, and its
 * end once. What was told last is in the member's inbox row.
 */
export class Typing {
  readonly #inbox: InboxStore;
  readonly #memberRows: MemberStore;
  readonly #buckets: RateBuckets;
  readonly #push: Push;
  readonly #clock: () => number;

  constructor(parts: {
    inbox: InboxStore;
    members: MemberStore;
    buckets: RateBuckets;
    push: Push;
    clock?: () => number;
  }) {
    this.#inbox = parts.inbox;
    this.#memberRows = parts.members;
    this.#buckets = parts.buckets;
    this.#push = parts.push;
    this.#clock = parts.clock ?? Date.now;
  }

  /** To the other members; in a large group to nobody. */
  async tell(callerId: string, conversationId: string, state: TypingState): Promise<void> {
    const row =
      state === 'started'
        ? await this.#inbox.beginTyping(callerId, conversationId, { now: this.#clock(), intervalMs })
        : await this.#inbox.endTyping(callerId, conversationId);
    if (row === 'stranger') throw conversationNotFound();
    if (row === undefined) return;
    if (state === 'started' && !(await this.#hasRoom(row))) {
      // There is no end to be told of. Should this fail, one is told in vain.
      await this.#inbox.endTyping(callerId, conversationId);
      return;
    }
    const members = await this.#memberRows.page(conversationId, limits.smallGroupMembers + 1);
    if (members.length > limits.smallGroupMembers) return;
    await this.#push.toUsers(
      members.map(({ userId }) => userId).filter((userId) => userId !== callerId),
      { type: 'typing', conversationId, userId: callerId, state },
    );
  }

  /** A group has one bucket for all of its members; in a DM there is no third member to crowd out. */
  async #hasRoom({ type, conversationId }: InboxRow): Promise<boolean> {
    if (type === 'DM') return true;
    const key = `typing#${conversationId}`;
    return (await this.#buckets.takeFromBucket(key, startsInGroup, this.#clock())) <= 0;
  }
}
