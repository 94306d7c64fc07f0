import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { ParleyError } from './errors.ts';
import type { ChangeFrame, MessageChange } from './frames.ts';
import { patiently } from './patience.ts';

/** A change to a message, made on any device of the user's, that came to nothing. */
export interface RefusedChange {
  action: MessageChange['action'];
  /** Of the message that was to be changed. */
  messageId: string;
  error: ParleyError;
}

/** One's own changes to messages on their way: those of one conversation in order, so that none undoes a later one. */
export class ChangeQueue {
  readonly #parts: { connection: Pick<Connection, 'request'>; clock: Clock; random: () => number };
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(parts: { connection: Pick<Connection, 'request'>; clock: Clock; random: () => number }) {
    this.#parts = parts;
  }

  /** Resolves when the server has it for certain. */
  async send(frame: ChangeFrame): Promise<void> {
    const { conversationId } = frame;
    const send = () => patiently(this.#parts, () => this.#parts.connection.request(frame));
    const before = this.#last.get(conversationId) ?? Promise.resolve();
    const sent = before.then(send, send);
    this.#last.set(conversationId, sent);
    try {
      await sent;
    } finally {
      if (this.#last.get(conversationId) === sent) this.#last.delete(conversationId);
    }
  }
}
