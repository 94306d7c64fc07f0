import pMap from 'p-map';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { Connection, PresenceStore } from '../stores/presence-store.ts';
import type { Report } from './report.ts';

/** Which connections a user has, at most {@link limits.connectionsPerUser}. */
export class Presence {
  readonly #store: PresenceStore;
  readonly #gateway: ConnectionGateway;
  readonly #report: Report;

  constructor(store: PresenceStore, gateway: ConnectionGateway, report: Report) {
    this.#store = store;
    this.#gateway = gateway;
    this.#report = report;
  }

  /**
   * Registers a connection, or says that it was seen; a lost registration mends itself in this way. One connection
   * too many costs the user the one seen longest ago.
   */
  async seen(connection: Connection): Promise<void> {
    const all = await this.#store.register(connection);
    const others = all.filter((one) => one.connectionId !== connection.connectionId);
    others.sort((one, other) => other.lastSeenAt - one.lastSeenAt);
    await this.#end(others.slice(limits.connectionsPerUser - 1));
  }

  async gone(connection: Pick<Connection, 'userId' | 'connectionId'>): Promise<void> {
    await this.#store.remove(connection);
  }

  /** Closes all of a user's connections. */
  async endAll(userId: string): Promise<void> {
    await this.#end(await this.#store.connectionsOf(userId));
  }

  async #end(connections: Connection[]): Promise<void> {
    await pMap(
      connections,
      async (connection) => {
        await this.#store.remove(connection);
        try {
          await this.#gateway.close(connection.connectionId);
        } catch (error) {
          this.#report('connection could not be closed', { connectionId: connection.connectionId }, error);
        }
      },
      { concurrency: 10 },
    );
  }
}
