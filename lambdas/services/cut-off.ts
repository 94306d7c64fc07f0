import pMap from 'p-map';
import {
  type EndedMembershipStore,
  type EndedSessions,
  endedSessions,
} from '../stores/ended-membership-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';

/** Writes under way at once. */
const concurrency = 25;

/** Keeps what large groups say from connections of ended sessions, also from those that are not registered. */
export class CutOff {
  readonly #inbox: Pick<InboxStore, 'subscribed'>;
  readonly #ended: Pick<EndedMembershipStore, 'put'>;
  readonly #clock: () => number;

  constructor(
    inbox: Pick<InboxStore, 'subscribed'>,
    ended: Pick<EndedMembershipStore, 'put'>,
    clock: () => number = Date.now,
  ) {
    this.#inbox = inbox;
    this.#ended = ended;
    this.#clock = clock;
  }

  /** In the groups that their user is in now: what is subscribed there, or will be by who is at it, counts no more. */
  async sessions(ended: EndedSessions): Promise<void> {
    const memberships = await this.#inbox.subscribed(ended.userId);
    const now = this.#clock();
    await pMap(
      memberships,
      ({ conversationId }) => this.#ended.put(endedSessions(conversationId, ended, now)),
      { concurrency },
    );
  }
}
