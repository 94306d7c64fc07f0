import type { Clock } from './clock.ts';
import { heartbeatEveryMs } from './codes.ts';
import type { HeartbeatReply } from './frames.ts';
import { isSilence, type Transport } from './transport.ts';

export type HeartbeatEvents = {
  onReply(reply: HeartbeatReply): void;
  /** Nobody answered. */
  onDead(): void;
};

/** Keeps API Gateway from calling the socket idle, and notices when nobody is there any more. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #events: HeartbeatEvents;
  #transport: Transport | undefined;
  #timer: unknown;
  #beating = false;

  constructor(clock: Clock, events: HeartbeatEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Over this transport from now on. */
  start(transport: Transport): void {
    this.#transport = transport;
    this.#beating = false;
    this.#plan();
  }

  stop(): void {
    this.#transport = undefined;
    this.#clock.clearTimeout(this.#timer);
  }

  /** Now, unless one is under way. */
  beat(): void {
    if (!this.#beating) void this.#beat();
  }

  #plan(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.beat(), heartbeatEveryMs);
  }

  async #beat(): Promise<void> {
    const transport = this.#transport;
    if (transport === undefined) return;
    this.#beating = true;
    try {
      const reply = await transport.request({ action: 'heartbeat' });
      if (transport === this.#transport) this.#events.onReply(reply);
    } catch (error) {
      // An error is an answer too.
      if (isSilence(error) && transport === this.#transport) return this.#events.onDead();
    } finally {
      if (transport === this.#transport) this.#beating = false;
    }
    if (transport === this.#transport) this.#plan();
  }
}
