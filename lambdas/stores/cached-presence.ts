import type { SessionClaim } from '../../shared/domain/sessions.ts';
import type { Askable } from './cache.ts';
import {
  type Connection,
  type ConnectionRegistry,
  mayBeOpen,
  type PresenceStore,
  type Registration,
  type SessionConnection,
  type Sighting,
} from './presence-store.ts';

/**
 * Clients send a heartbeat each minute. What is remembered of a user lives a little longer than that, so that what is wrong
 * with it, after a write that did not reach the cache, is so for one heartbeat.
 */
const rememberedMs = 90_000;
const heartbeatMs = 150_000;
/** That there are none: nobody's heartbeat would find out that it is wrong. */
const noneMs = 10_000;
/**
 * Of heartbeats the table hears this often, so that it alone can say who is here: with the next heartbeat some minute after
 * that, a connection is never silent there for as long as API Gateway lets one be idle.
 */
const toldEveryMs = 4 * 60_000;
/** A field beside the connections: it is there where all of them are. Without it nothing is known, not even that there are none. */
const complete = ':complete';

/**
 * The table's connections, remembered in the cache by user: `presence:{userId}` holds when each was opened,
 * `heartbeat:{userId}` when each was last seen. Opening and closing always go to the table first; most heartbeats and the
 * look-ups of those who push are answered by the cache where it can.
 *
 * What is remembered of a user is only ever added to as a whole, from an answer of the table, and taken from by single
 * connection. So whatever the order in which answers arrive, a connection that is in the table is missing here only if
 * the write that should have added it failed; its own next heartbeat then finds that out. One that is here and has closed
 * costs whoever pushes to it a refusal, which removes it.
 */
export class CachedPresence implements ConnectionRegistry {
  readonly #table: PresenceStore;
  readonly #cache: Askable;
  readonly #clock: () => number;

  constructor(table: PresenceStore, cache: Askable, clock: () => number = Date.now) {
    this.#table = table;
    this.#cache = cache;
    this.#clock = clock;
  }

  async register(connection: Connection & Partial<SessionClaim>): Promise<Registration> {
    const isHeartbeat = connection.lastSeenAt > connection.connectedAt;
    const known = isHeartbeat ? await this.#seen(connection) : undefined;
    if (known !== undefined && known.length > 0) {
      return { isNew: false, others: known.filter((one) => one.connectionId !== connection.connectionId) };
    }
    const { isNew, others } = await this.#table.register(connection);
    const lastSeen = await this.#remember(connection, others);
    return { isNew, others: others.map((one) => ({ ...one, ...newest(one, lastSeen?.[one.connectionId]) })) };
  }

  async remove(connection: Pick<Connection, 'userId' | 'connectionId'>, lastSeenAt?: number): Promise<void> {
    await this.#table.remove(connection, lastSeenAt);
    const { userId, connectionId } = connection;
    await this.#cache.attempt(async (client) =>
      answers(
        await client
          .multi()
          .hdel(presenceKey(userId), connectionId)
          .hdel(heartbeatKey(userId), connectionId)
          .exec(),
      ),
    );
  }

  /** A heartbeat that overlaps with the removal of another connection may have brought that one back. */
  async reread(userId: string): Promise<void> {
    const forgotten = await this.#cache.insist((client) => client.del(presenceKey(userId)));
    if (forgotten === undefined) throw new Error('The cache could not be told to forget a user');
  }

  /** Whoever ends a user's sessions must find each of them. */
  async connectionsOf(userId: string): Promise<SessionConnection[]> {
    return this.#table.connectionsOf(userId);
  }

  async connectionsOfAll(userIds: readonly string[]): Promise<Connection[]> {
    const wanted = [...new Set(userIds)];
    if (wanted.length === 0) return [];
    const remembered = await this.#cache.attempt((client) =>
      Promise.all(wanted.map((userId) => client.hgetall(presenceKey(userId)))),
    );
    if (remembered === undefined) return this.#table.connectionsOfAll(wanted);

    const known: Connection[] = [];
    const unknown: string[] = [];
    for (const [index, userId] of wanted.entries()) {
      const fields = remembered[index] ?? {};
      if (fields[complete] === undefined) unknown.push(userId);
      else known.push(...connectionsIn(userId, fields).filter((one) => mayBeOpen(one, this.#clock())));
    }
    if (unknown.length === 0) return known;
    const read = await this.#table.connectionsOfAll(unknown);
    await this.#fill(unknown, read);
    return [...known, ...read];
  }

  /** Whoever asks will believe the answer for long; and the cache forgets those who have gone. */
  async sightingsOf(userIds: readonly string[]): Promise<Sighting[]> {
    return this.#table.sightingsOf(userIds);
  }

  /** All of the user's connections, or none where the table is to be told of this one, remembered or not. */
  async #seen(connection: Connection): Promise<Connection[] | undefined> {
    const { userId, connectionId, lastSeenAt } = connection;
    return this.#cache.attempt(async (client) => {
      const [before, , , , presence, heartbeats] = answers(
        await client
          .multi()
          .hget(heartbeatKey(userId), connectionId)
          .hset(heartbeatKey(userId), connectionId, lastSeenAt)
          .pexpire(heartbeatKey(userId), heartbeatMs)
          .pexpire(presenceKey(userId), rememberedMs)
          .hgetall(presenceKey(userId))
          .hgetall(heartbeatKey(userId))
          .exec(),
      );
      const fields = fieldsOf(presence);
      if (fields[complete] === undefined || fields[connectionId] === undefined) return [];
      if (isDue(connection, before)) return [];
      return connectionsIn(userId, fields, fieldsOf(heartbeats));
    });
  }

  /** Answers when each of the user's connections was last seen, as far as is known here. */
  async #remember(connection: Connection, others: Connection[]): Promise<Record<string, string> | undefined> {
    const { userId, connectionId, lastSeenAt } = connection;
    // What the cache is not told now, those who push do not know until this connection's next heartbeat.
    return this.#cache.insist(async (client) => {
      const [, , , , heartbeats] = answers(
        await client
          .multi()
          .hset(presenceKey(userId), presenceFields([connection, ...others]))
          .pexpire(presenceKey(userId), rememberedMs)
          .hset(heartbeatKey(userId), connectionId, lastSeenAt)
          .pexpire(heartbeatKey(userId), heartbeatMs)
          .hgetall(heartbeatKey(userId))
          .exec(),
      );
      return fieldsOf(heartbeats);
    });
  }

  /** Also that a user has no connection is remembered: most members of most conversations have none. */
  async #fill(userIds: string[], connections: Connection[]): Promise<void> {
    await this.#cache.attempt((client) =>
      Promise.all(
        userIds.map(async (userId) => {
          const own = connections.filter((one) => one.userId === userId);
          return answers(
            await client
              .multi()
              .hset(presenceKey(userId), presenceFields(own))
              .pexpire(presenceKey(userId), own.length > 0 ? rememberedMs : noneMs)
              .exec(),
          );
        }),
      ),
    );
  }
}

// The braces keep both of a user's keys in one slot of a cluster, where one transaction may name them.
const presenceKey = (userId: string) => `presence:{${userId}}`;
const heartbeatKey = (userId: string) => `heartbeat:{${userId}}`;

function presenceFields(connections: Connection[]): Record<string, number> {
  const fields = connections.map(({ connectionId, connectedAt }) => [connectionId, connectedAt] as const);
  return { [complete]: 1, ...Object.fromEntries(fields) };
}

function connectionsIn(
  userId: string,
  presence: Record<string, string>,
  heartbeats: Record<string, string> = {},
): Connection[] {
  return Object.entries(presence)
    .filter(([field]) => field !== complete)
    .map(([connectionId, openedAt]) => {
      const connectedAt = Number(openedAt);
      return {
        userId,
        connectionId,
        connectedAt,
        lastSeenAt: Number(heartbeats[connectionId] ?? connectedAt),
      };
    });
}

/** Whether this is the first heartbeat since another {@link toldEveryMs} of the connection's time have passed. */
function isDue({ connectedAt, lastSeenAt }: Connection, before: unknown): boolean {
  const told = (seenAt: number) => Math.floor((seenAt - connectedAt) / toldEveryMs);
  return before === null || told(lastSeenAt) > told(Number(before));
}

function newest({ lastSeenAt }: Connection, heartbeat: string | undefined): { lastSeenAt: number } {
  return { lastSeenAt: Math.max(lastSeenAt, Number(heartbeat ?? 0)) };
}

/** The answers of a transaction. Throws the first error among them. */
function answers(results: [error: Error | null, answer: unknown][] | null): unknown[] {
  if (results === null) throw new Error('The cache did not run the transaction');
  return results.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}

/** The client turns the answer of `HGETALL` into an object; within a transaction its type does not say so. */
function fieldsOf(answer: unknown): Record<string, string> {
  return (answer ?? {}) as Record<string, string>;
}
