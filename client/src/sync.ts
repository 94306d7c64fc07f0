import type { Clock } from './clock.ts';
import { fullPage, syncConversations } from './codes.ts';
import type { Connection } from './connection.ts';
import { ParleyError } from './errors.ts';
import type { Replica } from './replica.ts';
import { Worker } from './worker.ts';

/** Fetches what is missing, page by page, until no conversation lags. */
export class GapRepair {
  readonly #connection: Pick<Connection, 'request'>;
  readonly #replica: Replica;
  /** Conversations to be asked about though nothing of them is known to be missing. */
  readonly #doubtful = new Set<string>();
  readonly worker: Worker;

  constructor(parts: {
    connection: Pick<Connection, 'request'>;
    replica: Replica;
    clock: Clock;
    random: () => number;
    onIdle(): void;
    onError(error: unknown): void;
  }) {
    this.#connection = parts.connection;
    this.#replica = parts.replica;
    this.worker = new Worker({ ...parts, step: () => this.#step() });
  }

  /** Is one still a member of these, and is nothing missing? */
  verify(conversationIds: string[]): void {
    for (const id of conversationIds) this.#doubtful.add(id);
    if (conversationIds.length > 0) this.worker.kick();
  }

  async #step(): Promise<boolean> {
    const lagging = this.#replica.lagging();
    const laggingIds = new Set(lagging.map(({ conversationId }) => conversationId));
    const doubtful = [...this.#doubtful]
      .filter((id) => !laggingIds.has(id))
      .map((id) => this.#replica.wanted(id));
    const conversations = [...lagging, ...doubtful].slice(0, syncConversations);
    if (conversations.length === 0) return false;

    const askedAt = this.#replica.moment;
    const reply = await this.#connection.request({ action: 'sync', conversations, limit: fullPage });
    this.#replica.takeSynced(reply, conversations, askedAt);
    for (const { conversationId } of conversations) this.#doubtful.delete(conversationId);

    const now = new Set(this.#replica.lagging().map((one) => JSON.stringify(one)));
    if (lagging.length > 0 && lagging.every((one) => now.has(JSON.stringify(one)))) {
      // The server knows less than we have heard of; it has to catch up itself first.
      throw new ParleyError('UNAVAILABLE', 'The answer brings nothing new');
    }
    return true;
  }
}
