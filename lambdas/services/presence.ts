import pMap from 'p-map';
import { goesOn } from '../../shared/domain/sessions.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import type { SessionConnection } from '../stores/presence-store.ts';
import type { Subscriber } from '../stores/subscription-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import type { CutOff } from './cut-off.ts';
import { closedAtOnce, type Registrations, type Seen } from './registrations.ts';

/**
 * Which connections a user has, and none of an ended session.
 *
 * Whoever ends a session notes that in the user's item, and then closes the connections that are registered. Whoever registers a
 * connection, or subscribes it, reads the user's item afterwards. So one sees the other, and no connection of an
 * ended session is left that could receive anything. What one sends is refused by whoever reads it: see `SocketRows`.
 */
export class Presence {
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

  /** Throws `UNAUTHENTICATED`, and closes the connection, where its session has ended. */
  async mayAct(connection: Subscriber): Promise<void> {
    if (goesOn(await this.#profiles.user(connection.userId), connection)) return;
    await this.#end(connection);
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

  /**
   * Closes those of a user's connections whose session has ended, and sees to it that they receive nothing even where that
   * fails, or nobody knows of them. Doing it again does no harm, and closes what could not be closed before.
   * @param sessionId the one session that was ended; without it, all
   */
  async closeEnded(userId: string, sessionId?: string): Promise<void> {
    // In this order: of what is registered after the reading, whoever registered it finds out that its session has ended.
    const user = await this.#profiles.user(userId);
    const connections = await this.#registrations.of(userId);
    const ended = connections.filter((connection) => !goesOn(user, connection));
    await pMap(ended, (connection) => this.#end(connection), { concurrency: closedAtOnce });
    // At last: who found one of them registered may have subscribed it until now.
    await this.#cutOff.sessions(
      sessionId === undefined
        ? { userId, authEpoch: user?.authEpoch ?? Number.MAX_SAFE_INTEGER }
        : { userId, sessionId },
    );
  }

  /** When something was last heard of the connections of each session, in ms since 1970. */
  async lastSeenOfSessions(userId: string): Promise<Map<string, number>> {
    const lastSeen = new Map<string, number>();
    for (const { sessionId, lastSeenAt } of await this.#registrations.of(userId)) {
      if (sessionId === undefined) continue;
      lastSeen.set(sessionId, Math.max(lastSeenAt, lastSeen.get(sessionId) ?? 0));
    }
    return lastSeen;
  }

  /** Whatever becomes of the connection itself, nobody finds it any more. */
  async #end(connection: Subscriber): Promise<void> {
    await this.#registrations.isClosed(connection);
    await this.#registrations.remove(connection);
  }
}
