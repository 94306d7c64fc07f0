import { goesOn } from '../../shared/domain/sessions.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import type { SessionConnection } from '../stores/presence-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import type { Registrations, Seen } from './registrations.ts';

/** Takes in connections while their handshake is under way. `Presence` has the argument why none of an ended session gets by. */
export class Arrival {
  readonly #registrations: Registrations;
  readonly #profiles: Pick<ProfileStore, 'user'>;

  constructor(registrations: Registrations, profiles: Pick<ProfileStore, 'user'>) {
    this.#registrations = registrations;
    this.#profiles = profiles;
  }

  /**
   * Registers the connection, which receives nothing yet. Throws `UNAUTHENTICATED` where its session has ended: then it never
   * opens.
   * @param subscribe what else is to be known of it
   */
  async opens(connection: SessionConnection, subscribe: (seen: Seen) => Promise<unknown>): Promise<void> {
    await subscribe(await this.#registrations.add(connection));
    if (goesOn(await this.#profiles.user(connection.userId), connection)) return;
    await this.#registrations.remove(connection);
    throw notSignedIn();
  }
}
