import pMap from 'p-map';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import type { ErasureJob } from '../../shared/domain/erasure-job.ts';
import { newAcceptId } from '../../shared/domain/ids.ts';
import type { ErasureQueue } from '../stores/erasure-queue.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MessageStream } from '../stores/message-stream.ts';
import type { PresenceStore } from '../stores/presence-store.ts';
import type { UserRecord, UserRecordsStore } from '../stores/user-records-store.ts';
import type { UserStore } from '../stores/user-store.ts';
import type { AccountErasure } from './account-erasure.ts';
import type { ConversationCounts } from './conversation-counts.ts';
import type { Hop } from './hop.ts';
import type { Report } from './report.ts';
import type { Withdrawal } from './withdrawal.ts';

/** Each tells up to 200 members that somebody is gone. */
const conversationsPerSlice = 25;
const conversationsAtOnce = 5;
/**
 * With the second that a slice waits for the next, and two erasures at once (infra/stacks/parley-service.ts), at most 250
 * records a second: a quarter of what a shard takes, if all are of one conversation, so that what people say there has room.
 */
const recordsPerSlice = 125;
const nextSliceSeconds = 1;
/**
 * A request that began before the account ended may still be adding the user to a conversation. It has ended by then: functions
 * that do so run 25 seconds at most, and a minute covers clocks that differ.
 */
export const settlingMs = 60_000;

export type Slice = {
  step: 'memberships' | 'messages' | 'settling' | 'finished';
  /** Conversations left, or messages erased. */
  done: number;
};

/**
 * Erases a user, slice by slice. What is left to do is what the tables still have, so nothing is remembered from one slice to
 * the next, and each may be repeated, cut short anywhere, or run beside another: docs/adr/0015-erasing-a-user.md.
 */
export class EraseUser {
  readonly #account: AccountErasure;
  readonly #users: UserStore;
  readonly #inbox: InboxStore;
  readonly #withdrawal: Withdrawal;
  readonly #records: UserRecordsStore;
  readonly #stream: MessageStream;
  readonly #presence: PresenceStore;
  readonly #counts: ConversationCounts;
  readonly #queue: ErasureQueue;
  readonly #report: Report;
  readonly #hop: Hop;
  readonly #clock: () => number;

  constructor(
    parts: {
      account: AccountErasure;
      users: UserStore;
      inbox: InboxStore;
      withdrawal: Withdrawal;
      records: UserRecordsStore;
      stream: MessageStream;
      presence: PresenceStore;
      counts: ConversationCounts;
      queue: ErasureQueue;
      report: Report;
      hop: Hop;
    },
    clock: () => number = Date.now,
  ) {
    this.#account = parts.account;
    this.#users = parts.users;
    this.#inbox = parts.inbox;
    this.#withdrawal = parts.withdrawal;
    this.#records = parts.records;
    this.#stream = parts.stream;
    this.#presence = parts.presence;
    this.#counts = parts.counts;
    this.#queue = parts.queue;
    this.#report = parts.report;
    this.#hop = parts.hop;
    this.#clock = clock;
  }

  /** Does the next slice, and queues the one after it unless nothing is left. */
  async next({ userId }: ErasureJob): Promise<Slice> {
    const slice = await this.#slice(userId);
    this.#hop('erased', { userId, ...slice });
    return slice;
  }

  async #slice(userId: string): Promise<Slice> {
    const { erasedAt } = await this.#account.end(userId);
    const left = await this.#leaveSome(userId);
    if (left > 0) return this.#again(userId, { step: 'memberships', done: left });

    // Only now: deliver stores no message of one who is no member, so none is added to those that are listed from here on.
    const erased = await this.#eraseSome(userId);
    if (erased > 0) return this.#again(userId, { step: 'messages', done: erased });

    const settlesInMs = Date.parse(erasedAt) + settlingMs - this.#clock();
    if (settlesInMs > 0) {
      return this.#again(userId, { step: 'settling', done: 0 }, Math.ceil(settlesInMs / 1000));
    }
    await this.#presence.forget(userId);
    await this.#counts.forget(userId);
    await this.#users.finishErasure(userId);
    return { step: 'finished', done: 0 };
  }

  async #again(userId: string, slice: Slice, inSeconds = nextSliceSeconds): Promise<Slice> {
    await this.#queue.put(userId, inSeconds);
    return slice;
  }

  async #leaveSome(userId: string): Promise<number> {
    const conversationIds = await this.#inbox.someConversationIds(userId, conversationsPerSlice);
    let staying = 0;
    await pMap(
      conversationIds,
      async (conversationId) => {
        try {
          await this.#withdrawal.withdraw(userId, conversationId);
        } catch (error) {
          // One conversation that cannot be left is no reason to stay in the others.
          this.#report('conversation could not be left', { conversationId, userId }, error);
          staying += 1;
        }
      },
      { concurrency: conversationsAtOnce },
    );
    if (staying > 0)
      throw new Error(`${staying} of ${conversationIds.length} conversations could not be left`);
    return conversationIds.length;
  }

  async #eraseSome(userId: string): Promise<number> {
    const records = await this.#records.some(userId, recordsPerSlice);
    await this.#stream.putAll(this.#erasures(userId, records));
    // A record is how its message is found: it goes only when the stream has what erases the message.
    await this.#records.remove(records);
    return records.length;
  }

  /** One for each message, however often the user changed it. */
  #erasures(userId: string, records: UserRecord[]): AcceptedChange[] {
    const acceptedAt = new Date(this.#clock()).toISOString();
    const messages = new Map(
      records.map(({ conversationId, seq }) => [`${conversationId}/${seq}`, { conversationId, seq }]),
    );
    return Array.from(messages.values(), ({ conversationId, seq }) => ({
      version: 1,
      kind: 'change',
      acceptId: newAcceptId(),
      acceptedAt,
      conversationId,
      seq,
      userId,
      change: { type: 'erase' },
    }));
  }
}
