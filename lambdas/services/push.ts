import pMap from 'p-map';
import type { Count } from '../../shared/domain/metrics.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { Connection, ConnectionRegistry } from '../stores/presence-store.ts';
import type { Hop } from './hop.ts';
import type { Report } from './report.ts';

/** Posts under way at once from one function: enough to hide each one's latency, few enough to spare the shared quota. */
const concurrency = 50;
/** What pushing may take in all: it comes last, and must not cost the function the answer that everything is stored. */
const defaultBudgetMs = 10_000;
/** The authorizer and `$connect` have 10 s each (infra/functions.ts). */
const youngMs = 30_000;

/** A connection this young may be refused as gone only because its handshake is still finishing. */
export function isYoung({ connectedAt }: Pick<Connection, 'connectedAt'>, now: number): boolean {
  return now - connectedAt <= youngMs;
}

/** What each user is to receive, in order. */
export class Deliveries extends Map<string, ServerEvent[]> {
  add(userId: string, ...events: ServerEvent[]): void {
    this.set(userId, [...(this.get(userId) ?? []), ...events]);
  }
}
/** When what an event tells of was accepted, in ms since 1970: for events whose latency is to be measured. */
export type AcceptanceTimes = ReadonlyMap<ServerEvent, number>;

/**
 * Sends events to users' connections. A push that fails is reported and forgotten: the client notices the gap by `seq`
 * and repairs it.
 */
export class Push {
  readonly #presence: ConnectionRegistry;
  readonly #gateway: ConnectionGateway;
  readonly #report: Report;
  readonly #count: Count;
  readonly #hop: Hop;
  readonly #clock: () => number;
  readonly #budgetMs: number;

  /** @param budgetMs what one delivery may take, where somebody waits for the function's answer */
  constructor(
    presence: ConnectionRegistry,
    gateway: ConnectionGateway,
    report: Report,
    count: Count,
    hop: Hop,
    clock: () => number = Date.now,
    budgetMs = defaultBudgetMs,
  ) {
    this.#presence = presence;
    this.#gateway = gateway;
    this.#report = report;
    this.#count = count;
    this.#hop = hop;
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  async toUser(userId: string, ...events: ServerEvent[]): Promise<void> {
    await this.deliver(new Deliveries([[userId, events]]));
  }

  async toUsers(userIds: Iterable<string>, ...events: ServerEvent[]): Promise<void> {
    await this.deliver(new Deliveries(Array.from(userIds, (userId) => [userId, events])));
  }

  /**
   * Resolves when each connection was tried; never rejects. Answers who of the users has a connection, whether or not it took
   * the events; `undefined` where that could not be found out.
   */
  async deliver(
    deliveries: Deliveries,
    acceptedAt: AcceptanceTimes = new Map(),
  ): Promise<Set<string> | undefined> {
    try {
      const connections = await this.#presence.connectionsOfAll([...deliveries.keys()]);
      const frameOf = memoizedFrames();
      const deadline = this.#clock() + this.#budgetMs;
      let left = 0;
      await pMap(
        connections,
        async (connection) => {
          if (this.#clock() > deadline) left += 1;
          else await this.#postAll(connection, deliveries.get(connection.userId) ?? [], frameOf, acceptedAt);
        },
        { concurrency },
      );
      if (left > 0) {
        this.#count('PushFailures', left);
        this.#report('no time to push', { connections: left });
      }
      return new Set(connections.map(({ userId }) => userId));
    } catch (error) {
      this.#report('connections could not be found', { users: deliveries.size }, error);
      return undefined;
    }
  }

  /** One after another, so that a connection receives events in the order given. */
  async #postAll(
    connection: Connection,
    events: ServerEvent[],
    frameOf: (event: ServerEvent) => string,
    acceptedAt: AcceptanceTimes,
  ): Promise<void> {
    const { connectionId } = connection;
    try {
      for (const event of events) {
        if ((await this.#gateway.post(connectionId, frameOf(event))) === 'posted') {
          this.#hop('pushed', { connectionId, ...idsOf(event) });
          const since = acceptedAt.get(event);
          if (since !== undefined) this.#count('PushLatency', Math.max(0, this.#clock() - since));
          continue;
        }
        this.#count('GoneConnections');
        if (!isYoung(connection, this.#clock())) await this.#presence.remove(connection);
        return;
      }
    } catch (error) {
      this.#count('PushFailures');
      this.#report('push failed', { connectionId }, error);
    }
  }
}

/** What an event is about, in a few words: of several messages, the newest. */
function idsOf(event: ServerEvent): Record<string, string | number> {
  if (!('messages' in event)) return { type: event.type };
  const { type, messages } = event;
  const newest = messages.at(-1);
  if (newest === undefined) return { type };
  const { conversationId, messageId, seq } = newest;
  return { type, conversationId, messageId, seq, messages: messages.length };
}

/** Ten thousand members receive the same event: it is written as JSON once. */
function memoizedFrames(): (event: ServerEvent) => string {
  const frames = new Map<ServerEvent, string>();
  return (event) => {
    const frame = frames.get(event) ?? JSON.stringify(event);
    frames.set(event, frame);
    return frame;
  };
}
