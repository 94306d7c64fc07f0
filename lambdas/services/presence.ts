import pMap from 'p-map';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { Connection, ConnectionRegistry } from '../stores/presence-store.ts';
import type { ProfileStore } from '../stores/user-store.ts';
import { isLive } from './online-status.ts';
import type { Report } from './report.ts';
import { notSignedIn } from './tokens.ts';

/** A connection with the session it was opened in. */
export type Session = Connection & { authEpoch: number };

/** Whether the connection was not registered before, and whether the user has no other that is live. */
export type Seen = { isNew: boolean; isOnly: boolean };

/** Which connections a user has, at most {@link limits.connectionsPerUser}, and none of an ended session. */
export class Presence {
  readonly #registry: ConnectionRegistry;
  readonly #gateway: ConnectionGateway;
  readonly #profiles: ProfileStore;
  readonly #report: Report;

  constructor(
    registry: ConnectionRegistry,
    gateway: ConnectionGateway,
    profiles: ProfileStore,
    report: Report,
  ) {
    this.#registry = registry;
    this.#gateway = gateway;
    this.#profiles = profiles;
    this.#report = report;
  }

  /**
   * Registers a connection, or says that it was seen; a lost registration mends itself in this way. One connection
   * too many costs the user the one seen longest ago. Throws `UNAUTHENTICATED`, and closes the connection, where its
   * session has ended.
   */
  async seen({ authEpoch, ...connection }: Session): Promise<Seen> {
    const { isNew, others } = await this.#registry.register(connection);
    // Whoever ends all sessions closes the connections that are registered. One that registers meanwhile, or that could
    // not be closed then, finds out here.
    const user = await this.#profiles.user(connection.userId);
    if (user?.authEpoch !== authEpoch) {
      await this.#end([connection]);
      throw notSignedIn();
    }
    const isOnly = !others.some((other) => isLive(other, connection.lastSeenAt));
    others.sort((one, other) => other.lastSeenAt - one.lastSeenAt);
    await this.#end(others.slice(limits.connectionsPerUser - 1));
    return { isNew, isOnly };
  }

  /** Closes all of a user's connections. */
  async endAll(userId: string): Promise<void> {
    await this.#end(await this.#registry.connectionsOf(userId));
  }

  /** Tries each of them: that one cannot be closed is no reason to leave the others open. */
  async #end(connections: Connection[]): Promise<void> {
    await pMap(
      connections,
      async (connection) => {
        try {
          await this.#gateway.close(connection.connectionId);
          await this.#registry.remove(connection, Date.now());
        } catch (error) {
          this.#report('connection could not be ended', { connectionId: connection.connectionId }, error);
        }
      },
      { concurrency: 10 },
    );
  }
}
