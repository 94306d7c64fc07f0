import type { Clock } from './clock.ts';
import { resendAfterMs, resendAtMostMs } from './codes.ts';
import type { Connection } from './connection.ts';
import { asParleyError, isTemporary, type ParleyError } from './errors.ts';
import type { OutgoingMessage } from './outgoing.ts';
import { Worker } from './worker.ts';

export type LaneEvents = {
  onSent(message: OutgoingMessage): void;
  onFailed(message: OutgoingMessage, error: ParleyError): void;
};

/** What is known of one message beside its state. */
type Waiting = {
  message: OutgoingMessage;
  /** Kept in the storage: what is sent before could be lost, or sent once more by a later self that knows nothing of it. */
  isKept: boolean;
  /** When an acknowledged message is to be sent again. */
  resendAt: number;
  resends: number;
};

/** The messages of one conversation on their way: one at a time, each after the acknowledgement of the one before. */
export class Lane {
  readonly #connection: Pick<Connection, 'request'>;
  readonly #clock: Clock;
  readonly #events: LaneEvents;
  readonly #waiting: Waiting[] = [];
  readonly #worker: Worker;
  #timer: unknown;

  constructor(
    parts: {
      connection: Pick<Connection, 'request'>;
      clock: Clock;
      random: () => number;
      onError(error: unknown): void;
    },
    events: LaneEvents,
  ) {
    this.#connection = parts.connection;
    this.#clock = parts.clock;
    this.#events = events;
    this.#worker = new Worker({ ...parts, step: () => this.#step() });
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(message: OutgoingMessage, isKept: boolean): void {
    this.#waiting.push({ message, isKept, resendAt: 0, resends: 0 });
    this.#worker.kick();
  }

  kept(message: OutgoingMessage): void {
    const waiting = this.#find(message);
    if (waiting === undefined) return;
    waiting.isKept = true;
    this.#worker.kick();
  }

  /** Something about its messages has changed. */
  kick(): void {
    this.#worker.kick();
  }

  remove(message: OutgoingMessage): void {
    const waiting = this.#find(message);
    if (waiting !== undefined) this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    this.#worker.kick();
    if (this.isEmpty) this.stop();
  }

  start(): void {
    this.#worker.start();
    // Even with nothing new: the time to send something again is reckoned anew.
    this.#worker.kick();
  }

  stop(): void {
    this.#worker.stop();
    this.#clock.clearTimeout(this.#timer);
  }

  async #step(): Promise<boolean> {
    const next = this.#next();
    if (next === undefined) {
      this.#wakeForResend();
      return false;
    }
    const { messageId, conversationId, content, replyTo } = next.message;
    try {
      await this.#connection.request({
        action: 'sendMessage',
        conversationId,
        messageId,
        content,
        ...(replyTo !== undefined && { replyTo }),
      });
    } catch (error) {
      if (isTemporary(error)) throw error;
      if (this.#waiting.includes(next)) this.#events.onFailed(next.message, asParleyError(error));
      return true;
    }
    next.resendAt = this.#clock.now() + Math.min(resendAfterMs * 2 ** next.resends, resendAtMostMs);
    next.resends += 1;
    if (this.#waiting.includes(next)) this.#events.onSent(next.message);
    return true;
  }

  /** The first that is to be sent, unless one before it has still to be kept. */
  #next(): Waiting | undefined {
    const now = this.#clock.now();
    this.#waiting.sort((one, other) => one.message.order - other.message.order);
    for (const waiting of this.#waiting) {
      if (!waiting.isKept) return undefined;
      const { state } = waiting.message;
      if (state === 'queued' || (state === 'sent' && waiting.resendAt <= now)) return waiting;
    }
    return undefined;
  }

  #wakeForResend(): void {
    this.#clock.clearTimeout(this.#timer);
    const times = this.#waiting.flatMap(({ message, resendAt }) =>
      message.state === 'sent' ? [resendAt] : [],
    );
    if (times.length === 0) return;
    const delay = Math.max(0, Math.min(...times) - this.#clock.now());
    this.#timer = this.#clock.setTimeout(() => this.#worker.kick(), delay);
  }

  #find(message: OutgoingMessage): Waiting | undefined {
    return this.#waiting.find((waiting) => waiting.message === message);
  }
}
