import type { UserPresence } from '../../shared/protocol/entities.ts';
import {
  type Connection,
  type ConnectionRegistry,
  mayBeOpen,
  type Sighting,
} from '../stores/presence-store.ts';

/**
 * API Gateway closes a connection that is idle for 10 minutes, and clients send a heartbeat each minute: one that was silent
 * for longer has gone, though its `$disconnect` never came.
 */
const silentMs = 10 * 60 * 1000;

export function isLive(connection: Connection, now: number): boolean {
  return mayBeOpen(connection, now) && now - connection.lastSeenAt <= silentMs;
}

/** Who is online. */
export class OnlineStatuses {
  readonly #registry: ConnectionRegistry;
  readonly #clock: () => number;

  constructor(registry: ConnectionRegistry, clock: () => number = Date.now) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** One for each of `userIds`, in their order, after every change of before. */
  async of(userIds: readonly string[]): Promise<UserPresence[]> {
    const sightings = await this.#registry.sightingsOf(userIds);
    const byUser = new Map(sightings.map((sighting) => [sighting.userId, sighting]));
    const now = this.#clock();
    return userIds.map((userId) => presenceOf(userId, byUser.get(userId), now));
  }
}

function presenceOf(userId: string, sighting: Sighting | undefined, now: number): UserPresence {
  if (sighting === undefined) return { userId, status: 'offline', lastSeenAt: null };
  const isOnline = sighting.connections.some((connection) => isLive(connection, now));
  const lastSeenAt = new Date(sighting.lastSeenAt).toISOString();
  return { userId, status: isOnline ? 'online' : 'offline', lastSeenAt };
}
