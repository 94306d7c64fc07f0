import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { asParleyError, isTemporary, type ParleyError } from './errors.ts';
import { Worker } from './worker.ts';

type Waiting = { seq: number; resolve(): void; reject(error: ParleyError): void };

/** Moves the user's read markers; of several moves of one marker only the furthest goes to the server. */
export class ReadMarkers {
  readonly #connection: Pick<Connection, 'request'>;
  readonly #waiting = new Map<string, Waiting[]>();
  readonly worker: Worker;

  constructor(parts: {
    connection: Pick<Connection, 'request'>;
    clock: Clock;
    random: () => number;
    onError(error: unknown): void;
  }) {
    this.#connection = parts.connection;
    this.worker = new Worker({ ...parts, step: () => this.#step() });
  }

  /** Resolves when the server has moved it, which waits for a connection. */
  move(conversationId: string, seq: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(conversationId) ?? [];
      waiting.push({ seq, resolve, reject });
      this.#waiting.set(conversationId, waiting);
      this.worker.kick();
    });
  }

  /** Nobody is going to move them any more. */
  abandon(reason: ParleyError): void {
    for (const { reject } of [...this.#waiting.values()].flat()) reject(reason);
    this.#waiting.clear();
  }

  async #step(): Promise<boolean> {
    const [first] = this.#waiting;
    if (first === undefined) return false;
    const [conversationId, waiting] = first;
    const seq = Math.max(...waiting.map((one) => one.seq));
    let error: ParleyError | undefined;
    try {
      await this.#connection.request({ action: 'markRead', conversationId, seq });
    } catch (thrown) {
      if (isTemporary(thrown)) throw thrown;
      error = asParleyError(thrown);
    }
    const later = waiting.filter((one) => one.seq > seq);
    if (later.length > 0) this.#waiting.set(conversationId, later);
    else this.#waiting.delete(conversationId);
    for (const one of waiting) {
      if (one.seq > seq) continue;
      if (error === undefined) one.resolve();
      else one.reject(error);
    }
    return true;
  }
}
