import type { Clock } from './clock.ts';
import { presenceUsers } from './codes.ts';
import type { Connection } from './connection.ts';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { isTemporary } from './errors.ts';
import type { UserPresence } from './protocol.ts';
import { Worker } from './worker.ts';

export type PresenceEvents = {
  /** Of these people it is known anew, or otherwise than before. */
  change: readonly UserPresence[];
};

type Parts = {
  connection: Pick<Connection, 'request'>;
  clock: Clock;
  random: () => number;
  onError(error: unknown): void;
};

/** A device that connects again is gone for a moment, which is of no interest to anybody. */
const offlineAfterMs = 5_000;

/** Who is online, as far as is known. The server tells of people one shares a DM with; of others it has to be asked. */
export class Presence extends Emitter<PresenceEvents> {
  readonly #parts: Parts;
  readonly #known = new Map<string, UserPresence>();
  /** How often each is watched. */
  readonly #watched = new Map<string, number>();
  /** With the conversation that one was last watched in, if any. */
  readonly #toAsk = new Map<string, string | undefined>();
  readonly #sharedIds = new Map<string, string>();
  /** Of whom something was heard while an answer was on its way, which may be older. */
  readonly #heard = new Set<string>();
  /** Who is shown as offline soon, with the timer of it. */
  readonly #leaving = new Map<string, unknown>();
  /** @internal */
  readonly worker: Worker;

  /** @internal */
  constructor(parts: Parts) {
    super();
    this.#parts = parts;
    this.worker = new Worker({ ...parts, step: () => this.#step() });
  }

  /** What was last known. Undefined of who is not watched, and of people with whom one shares no conversation. */
  of(userId: string): UserPresence | undefined {
    return this.#known.get(userId);
  }

  /**
   * Asks about them now and after each connect, until the answered function is called.
   * @param conversationId a conversation that one shares with them. Without it those are found with whom one shares a
   * DM or a recent conversation.
   */
  watch(userIds: readonly string[], conversationId?: string): Unsubscribe {
    let isOver = false;
    for (const userId of userIds) {
      this.#watched.set(userId, (this.#watched.get(userId) ?? 0) + 1);
      if (conversationId !== undefined) this.#sharedIds.set(userId, conversationId);
      this.#toAsk.set(userId, this.#sharedIds.get(userId));
    }
    this.worker.kick();
    return () => {
      if (isOver) return;
      isOver = true;
      for (const userId of userIds) {
        const left = (this.#watched.get(userId) ?? 0) - 1;
        if (left > 0) this.#watched.set(userId, left);
        else {
          this.#watched.delete(userId);
          this.#sharedIds.delete(userId);
          this.#toAsk.delete(userId);
        }
      }
    };
  }

  /** @internal Online again: who came and went meanwhile was not told. */
  start(): void {
    for (const userId of this.#watched.keys()) this.#toAsk.set(userId, this.#sharedIds.get(userId));
    this.worker.start();
    this.worker.kick();
  }

  /** @internal */
  stop(): void {
    this.worker.stop();
    for (const userId of [...this.#leaving.keys()]) this.#stay(userId);
  }

  /** @internal What the server says by itself. */
  take(users: readonly UserPresence[]): void {
    for (const user of users) {
      const { userId, status } = user;
      this.#heard.add(userId);
      this.#stay(userId);
      if (status === 'online' || this.of(userId)?.status !== 'online') this.#learn([user]);
      else {
        const timer = this.#parts.clock.setTimeout(() => {
          this.#leaving.delete(userId);
          this.#learn([user]);
        }, offlineAfterMs);
        this.#leaving.set(userId, timer);
      }
    }
  }

  async #step(): Promise<boolean> {
    const [first] = this.#toAsk.values();
    // One conversation is named for all of a frame.
    const userIds = [...this.#toAsk]
      .filter(([, conversationId]) => conversationId === first)
      .map(([userId]) => userId)
      .slice(0, presenceUsers);
    if (userIds.length === 0) return false;
    this.#heard.clear();
    try {
      const shared = first === undefined ? {} : { conversationIds: [first] };
      const { users } = await this.#parts.connection.request({ action: 'presence', userIds, ...shared });
      this.#learn(users.filter(({ userId }) => !this.#heard.has(userId)));
    } catch (error) {
      if (isTemporary(error)) throw error;
      this.#parts.onError(error);
    }
    for (const userId of userIds) this.#toAsk.delete(userId);
    return true;
  }

  #learn(users: readonly UserPresence[]): void {
    const news = users.filter((user) => JSON.stringify(user) !== JSON.stringify(this.of(user.userId)));
    for (const user of news) this.#known.set(user.userId, user);
    if (news.length > 0) this.emit('change', news);
  }

  #stay(userId: string): void {
    this.#parts.clock.clearTimeout(this.#leaving.get(userId));
    this.#leaving.delete(userId);
  }
}
