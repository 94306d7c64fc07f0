import { Emitter } from './emitter.ts';
import { ParleyError } from './errors.ts';
import type { Message } from './protocol.ts';
import type { OutboxRecord } from './storage.ts';

/**
 * `queued`: waiting, or on its way. `sent`: the server has it for certain. `stored`: it is in the conversation and has its
 * `seq`. `failed`: refused, see `error`. `discarded`: given up.
 */
export type OutgoingState = 'queued' | 'sent' | 'stored' | 'failed' | 'discarded';

export type OutgoingEvents = {
  /** The new state. */
  state: OutgoingState;
};

/** What the outbox does for one message. */
export type OutgoingActions = {
  retry(message: OutgoingMessage): void;
  discard(message: OutgoingMessage): boolean;
};

/** A message of one's own, from `send()` until it is stored. */
export class OutgoingMessage extends Emitter<OutgoingEvents> {
  /** The name under which it is stored once, however often it is sent. */
  readonly messageId: string;
  readonly conversationId: string;
  readonly content: string;
  readonly replyTo: number | undefined;
  /** When `send()` was called, by this device's clock: milliseconds since 1970. */
  readonly queuedAt: number;
  /** @internal The lower one goes first. */
  order: number;
  readonly #actions: OutgoingActions;
  #state: OutgoingState;
  #error: ParleyError | undefined;
  #message: Message | undefined;
  readonly #waiting = new Set<(error: ParleyError) => void>();

  /** @internal */
  constructor(record: Omit<OutboxRecord, 'senderId'>, actions: OutgoingActions) {
    super();
    this.messageId = record.messageId;
    this.conversationId = record.conversationId;
    this.content = record.content;
    this.replyTo = record.replyTo;
    this.queuedAt = record.queuedAt;
    this.order = record.order;
    this.#actions = actions;
    this.#state = record.state;
    this.#error = record.error && new ParleyError(record.error.code, record.error.message);
  }

  get state(): OutgoingState {
    return this.#state;
  }

  /** Why it failed, or why it failed before it was tried again. */
  get error(): ParleyError | undefined {
    return this.#error;
  }

  /** The message as it is stored, once it is. */
  get message(): Message | undefined {
    return this.#message;
  }

  /** Resolves when it is stored. Rejects when it fails, is discarded, or the client is closed before. */
  whenStored(): Promise<Message> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#message !== undefined) resolve(this.#message);
        else if (this.#state === 'failed') reject(this.#error);
        else if (this.#state === 'discarded') reject(new ParleyError('CLOSED', 'The message was discarded'));
        else return false;
        return true;
      };
      if (look()) return;
      const end = (error?: ParleyError) => {
        off();
        this.#waiting.delete(end);
        if (error) reject(error);
      };
      const off = this.on('state', () => {
        if (look()) end();
      });
      this.#waiting.add(end);
    });
  }

  /** Sends a failed message again. */
  retry(): void {
    if (this.#state === 'failed') this.#actions.retry(this);
  }

  /**
   * Gives up a queued or failed message. `false`, and nothing happens, where the server has it already. One that was
   * on its way may be stored in spite of this.
   */
  discard(): boolean {
    return this.#actions.discard(this);
  }

  /** @internal */
  become(state: OutgoingState, detail: { error?: ParleyError; message?: Message } = {}): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#error = detail.error ?? this.#error;
    this.#message = detail.message;
    this.emit('state', state);
  }

  /** @internal Nobody is going to send it before the client is opened again. */
  closed(error: ParleyError): void {
    for (const end of this.#waiting) end(error);
  }

  /** @internal */
  toRecord(senderId: string): OutboxRecord | undefined {
    const { messageId, conversationId, content, replyTo, queuedAt, order } = this;
    const state = this.#state;
    if (state === 'stored' || state === 'discarded') return undefined;
    const base = { messageId, conversationId, senderId, content, queuedAt, order, state };
    const error = state === 'failed' ? this.#error : undefined;
    return {
      ...base,
      ...(replyTo !== undefined && { replyTo }),
      ...(error && { error: { code: error.code, message: error.message } }),
    };
  }
}
