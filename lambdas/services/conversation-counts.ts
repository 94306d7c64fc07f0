import pMap from 'p-map';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationCount, ConversationCountStore } from '../stores/conversation-count-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';

/** Users whose places are taken at once. */
const concurrency = 25;
/** A place is used within 25 seconds, which is how long a function runs; a minute covers clocks that differ. */
const settlingMs = 60_000;
/** Counting 10,000 rows reads 4 MB, which no user may make others pay for again and again. */
const recountAfterMs = 60 * 60 * 1000;
const attempts = 4;

/**
 * Keeps each user within so many conversations: the function that adds a member takes a place before, and leaving gives it
 * back afterwards. So what dies in between leaves the count too high, and never too low. Where it says that no place is
 * free, and none can be about to be used, the inbox itself is counted. docs/adr/0017 has the argument.
 */
export class ConversationCounts {
  readonly #store: ConversationCountStore;
  readonly #inbox: InboxStore;
  readonly #most: number;
  readonly #clock: () => number;

  constructor(
    store: ConversationCountStore,
    inbox: InboxStore,
    most: number = limits.conversationsPerUser,
    clock: () => number = Date.now,
  ) {
    this.#store = store;
    this.#inbox = inbox;
    this.#most = most;
    this.#clock = clock;
  }

  /** Places for one change of members, none taken yet. */
  places(): Places {
    return new Places(this);
  }

  /** What {@link left} is to be given, read before the membership ends. */
  async before(userId: string): Promise<ConversationCount | undefined> {
    return this.#store.count(userId);
  }

  /** A membership has ended for certain. */
  async left(userId: string, before: ConversationCount | undefined): Promise<void> {
    // What was not counted before will not count it.
    if (before !== undefined) await this.#store.give(userId, before.countedAt);
  }

  async forget(userId: string): Promise<void> {
    await this.#store.forget(userId);
  }

  /** @internal `false` where the user has no place left. */
  async take(userId: string): Promise<boolean> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const now = this.#clock();
      const seen = await this.#store.take(userId, this.#most, now);
      if (seen === 'taken') return true;
      if (seen === undefined) {
        const conversations = await this.#inbox.count(userId);
        await this.#store.begin({ userId, conversations, takenAt: 0, countedAt: now });
      } else {
        if (now - seen.takenAt < settlingMs || now - seen.countedAt < recountAfterMs) return false;
        await this.#store.correct(seen, await this.#inbox.count(userId), now);
      }
    }
    return false;
  }

  /** @internal A place that was taken moments ago, and certainly not used. */
  async giveBack(userId: string): Promise<void> {
    await this.left(userId, await this.before(userId));
  }
}

/**
 * Places that were taken, and not used yet. They are given back only where it is certain that no membership came of
 * them: a write whose answer was lost may have made one.
 */
export class Places {
  readonly #counts: ConversationCounts;
  readonly #held = new Set<string>();

  constructor(counts: ConversationCounts) {
    this.#counts = counts;
  }

  /** One for each, where it is not held already. Throws `CONFLICT`, and gives all back, where a user has none left. */
  async take(userIds: readonly string[]): Promise<void> {
    const withPlace = await this.takeWhereFree(userIds);
    if (withPlace.length === userIds.length) return;
    await this.giveBack([...this.#held]);
    throw new ParleyError('CONFLICT', `A user is in at most ${limits.conversationsPerUser} conversations.`);
  }

  /** Answers for whom there is one. */
  async takeWhereFree(userIds: readonly string[]): Promise<string[]> {
    const isFree = await pMap(
      userIds,
      async (userId) => {
        if (this.#held.has(userId)) return true;
        if (!(await this.#counts.take(userId))) return false;
        this.#held.add(userId);
        return true;
      },
      { concurrency },
    );
    return userIds.filter((_, index) => isFree[index]);
  }

  /** They are members now. */
  use(userIds: readonly string[]): void {
    for (const userId of userIds) this.#held.delete(userId);
  }

  async giveBack(userIds: readonly string[]): Promise<void> {
    await pMap(
      userIds.filter((userId) => this.#held.delete(userId)),
      (userId) => this.#counts.giveBack(userId),
      { concurrency },
    );
  }
}
