import type { UserPresence } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { OnlineStatuses } from './online-status.ts';
import type { Push } from './push.ts';
import type { Report } from './report.ts';

/** A user who comes and goes all the time is told of by the next one who comes or goes. */
const patienceMs = 2_000;

/**
 * Tells the people who share a DM with a user that the user came online, or went offline.
 *
 * Several devices may come and go at once, and each change is told by a function of its own, which may be slow. So none
 * tells what it did, but what it reads afterwards; and it reads once more when all have been told, and tells again if that
 * is no longer true. Whatever the order, the last event then says how things are: who told something else before the last
 * change reads it afterwards, and corrects it.
 */
export class AnnouncePresence {
  readonly #inbox: Pick<InboxStore, 'directPeers'>;
  readonly #statuses: Pick<OnlineStatuses, 'of'>;
  readonly #push: Pick<Push, 'toUsers'>;
  readonly #report: Report;
  readonly #clock: () => number;

  constructor(parts: {
    inbox: Pick<InboxStore, 'directPeers'>;
    statuses: Pick<OnlineStatuses, 'of'>;
    push: Pick<Push, 'toUsers'>;
    report: Report;
    clock?: () => number;
  }) {
    this.#inbox = parts.inbox;
    this.#statuses = parts.statuses;
    this.#push = parts.push;
    this.#report = parts.report;
    this.#clock = parts.clock ?? Date.now;
  }

  /** The user's first device is registered. Never rejects: that somebody is not told is no reason to refuse the device. */
  async came(userId: string): Promise<void> {
    await this.#attempt(userId, () => this.#tell(userId));
  }

  /** A device of the user has been removed, by whomever: told if none is left. Never rejects. */
  async went(userId: string): Promise<void> {
    await this.#attempt(userId, async () => {
      if ((await this.#read(userId)).status === 'offline') await this.#tell(userId);
    });
  }

  async #tell(userId: string): Promise<void> {
    const peers = await this.#inbox.directPeers(userId, limits.conversationsTold);
    if (peers.length === 0) return;
    const deadline = this.#clock() + patienceMs;
    let told: UserPresence['status'] | undefined;
    do {
      const user = await this.#read(userId);
      if (user.status === told) return;
      await this.#push.toUsers(peers, { type: 'presence', users: [user] });
      told = user.status;
    } while (this.#clock() < deadline);
  }

  async #read(userId: string): Promise<UserPresence> {
    const [user] = await this.#statuses.of([userId]);
    if (user === undefined) throw new Error('There is a status for each user asked for');
    return user;
  }

  async #attempt(userId: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#report('presence could not be announced', { userId }, error);
    }
  }
}
