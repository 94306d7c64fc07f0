import { goesOn } from '../../shared/domain/sessions.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import type { SessionConnection } from '../stores/presence-store.ts';
import type { Subscriber } from '../stores/subscription-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import type { Registrations, Seen } from './registrations.ts';

/**
 * Which connections a user has, and none of an ended session.
 *
 * Ending a session is written to the user's item before the registered connections are closed. Registering a connection, or
 * subscribing it, is followed by reading the user's item. So one sees the other, and no connection of an ended session is
 * left that could receive anything. What such a connection sends is refused: see `SocketRows`.
 */
export class Presence {
  readonly #registrations: Registrations;
  readonly #profiles: Pick<ProfileStore, 'user'>;

  constructor(registrations: Registrations, profiles: Pick<ProfileStore, 'user'>) {
    this.#registrations = registrations;
    this.#profiles = profiles;
  }

  /** Throws `UNAUTHENTICATED`, and closes the connection, where its session has ended. */
  async mayAct(connection: Subscriber): Promise<void> {
    if (goesOn(await this.#profiles.user(connection.userId), connection)) return;
    await this.#registrations.end(connection);
    throw notSignedIn();
  }

  /**
   * Says that an open connection was seen; a lost registration mends itself in this way. Throws `UNAUTHENTICATED`, and closes
   * the connection, where its session has ended.
   * @param subscribe what else is to be known of it; answers whether anything was lacking
   */
  async seen(connection: SessionConnection, subscribe: (seen: Seen) => Promise<boolean>): Promise<void> {
    // Before it is registered, so that one of an ended session does not receive what is pushed meanwhile.
    await this.mayAct(connection);
    const seen = await this.#registrations.add(connection);
    const lacked = await subscribe(seen);
    if (seen.isNew || lacked) await this.mayAct(connection);
  }
}
