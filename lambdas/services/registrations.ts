import pMap from 'p-map';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { Connection, ConnectionRegistry, SessionConnection } from '../stores/presence-store.ts';
import { isLive } from './online-status.ts';
import { isYoung } from './push.ts';
import type { Report } from './report.ts';

/** Whether the connection was not registered before, and whether the user has no other that is live. */
export type Seen = { isNew: boolean; isOnly: boolean };

/** Connections that are closed at the same time. */
export const closedAtOnce = 10;

/** Keeps the connections of each user, at most {@link limits.connectionsPerUser}. */
export class Registrations {
  readonly #registry: ConnectionRegistry;
  readonly #gateway: Pick<ConnectionGateway, 'close'>;
  readonly #report: Report;

  constructor(registry: ConnectionRegistry, gateway: Pick<ConnectionGateway, 'close'>, report: Report) {
    this.#registry = registry;
    this.#gateway = gateway;
    this.#report = report;
  }

  /** One connection too many costs the user the one seen longest ago. */
  async add(connection: SessionConnection): Promise<Seen> {
    const { isNew, others } = await this.#registry.register(connection);
    const isOnly = !others.some((other) => isLive(other, connection.lastSeenAt));
    others.sort((one, other) => other.lastSeenAt - one.lastSeenAt);
    await pMap(
      others.slice(limits.connectionsPerUser - 1),
      async (other) => {
        // One that may be open stays: it is one too many again the next time, and who ends its session finds it.
        if (await this.isClosed(other)) await this.remove(other);
      },
      { concurrency: closedAtOnce },
    );
    return { isNew, isOnly };
  }

  async remove(connection: Pick<Connection, 'userId' | 'connectionId'>): Promise<void> {
    await this.#registry.remove(connection, Date.now());
  }

  /** All of a user's, those that may be dead included. */
  async of(userId: string): Promise<SessionConnection[]> {
    return this.#registry.connectionsOf(userId);
  }

  /** When something was last heard of the connections of each session, in ms since 1970. */
  async lastSeenOfSessions(userId: string): Promise<Map<string, number>> {
    const lastSeen = new Map<string, number>();
    for (const { sessionId, lastSeenAt } of await this.of(userId)) {
      if (sessionId === undefined) continue;
      lastSeen.set(sessionId, Math.max(lastSeenAt, lastSeen.get(sessionId) ?? 0));
    }
    return lastSeen;
  }

  /** The next push reads the user's connections anew. */
  async reread(userId: string): Promise<void> {
    await this.#registry.reread(userId);
  }

  /**
   * Closes a connection. `false` where it may still be open: a young one may be refused as gone only because its handshake is
   * still finishing. Never rejects.
   */
  async isClosed(connection: Pick<Connection, 'connectionId' | 'connectedAt'>): Promise<boolean> {
    try {
      const outcome = await this.#gateway.close(connection.connectionId);
      return outcome === 'closed' || !isYoung(connection, Date.now());
    } catch (error) {
      this.#report('connection could not be closed', { connectionId: connection.connectionId }, error);
      return false;
    }
  }

  /** Whether or not the connection itself can be closed, pushes do not find it any more. */
  async end(connection: Omit<Connection, 'lastSeenAt'>): Promise<void> {
    await this.isClosed(connection);
    await this.remove(connection);
  }
}
