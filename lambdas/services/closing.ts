import pMap from 'p-map';
import { goesOn } from '../../shared/domain/sessions.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import type { CutOff } from './cut-off.ts';
import { closedAtOnce, type Registrations } from './registrations.ts';

/** Ends what ended sessions leave open: `Presence` has the argument why nothing of it goes on. */
export class Closing {
  readonly #registrations: Registrations;
  readonly #profiles: Pick<ProfileStore, 'user'>;
  readonly #cutOff: Pick<CutOff, 'sessions'>;

  constructor(
    registrations: Registrations,
    profiles: Pick<ProfileStore, 'user'>,
    cutOff: Pick<CutOff, 'sessions'>,
  ) {
    this.#registrations = registrations;
    this.#profiles = profiles;
    this.#cutOff = cutOff;
  }

  /**
   * Closes those of a user's connections whose session has ended, and sees to it that they receive nothing even where that
   * fails, or where they are not registered. Doing it again does no harm, and goes on where it was cut short.
   * @param sessionId the one session that was ended; without it, all
   */
  async of(userId: string, sessionId?: string): Promise<void> {
    // In this order: a connection that is registered after the reading is checked by the function that registers it.
    const user = await this.#profiles.user(userId);
    const connections = await this.#registrations.of(userId);
    const ended = connections.filter((connection) => !goesOn(user, connection));
    await pMap(ended, (connection) => this.#registrations.end(connection), { concurrency: closedAtOnce });
    await this.#registrations.reread(userId);
    // Last: another function that found one of them registered may have subscribed it until now.
    await this.#cutOff.sessions(
      sessionId === undefined
        ? { userId, authEpoch: user?.authEpoch ?? Number.MAX_SAFE_INTEGER }
        : { userId, sessionId },
    );
  }
}
