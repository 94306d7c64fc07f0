import type { Clock } from './clock.ts';
import { lingerMs, renewAfterMs, retryRenewalAfterMs } from './codes.ts';
import { lost, type Transport } from './transport.ts';

type Parts = {
  clock: Clock;
  random: () => number;
  open(): Promise<Transport>;
  /** The new socket is open; events may still come over the old one. */
  onRenewed(transport: Transport): void;
};

/** Opens a new socket before API Gateway cuts the old one, so that every event comes over one of them. */
export class Renewal {
  readonly #parts: Parts;
  #current: Transport | undefined;
  /** Took the events before {@link #current}; some may still be on their way. */
  #previous: Transport | undefined;
  #timer: unknown;
  #lingering: unknown;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Of this socket, when its time has come. */
  plan(transport: Transport): void {
    this.#current = transport;
    const { min, max } = renewAfterMs;
    this.#in(min + this.#parts.random() * (max - min));
  }

  stop(): void {
    this.#current = undefined;
    this.#parts.clock.clearTimeout(this.#timer);
    this.#parts.clock.clearTimeout(this.#lingering);
    this.#previous?.drop();
  }

  #in(delay: number): void {
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = this.#parts.clock.setTimeout(() => void this.#renew(), delay);
  }

  async #renew(): Promise<void> {
    const old = this.#current;
    try {
      const renewed = await this.#parts.open();
      if (old === undefined || old !== this.#current) return renewed.drop();
      if (!renewed.isOpen) throw lost();
      this.plan(renewed);
      this.#previous = old;
      this.#lingering = this.#parts.clock.setTimeout(() => old.retire(), lingerMs);
      this.#parts.onRenewed(renewed);
    } catch {
      // The old socket is as good as before; where it is not, there is a reconnect anyway.
      if (old === this.#current) this.#in(retryRenewalAfterMs * (0.5 + this.#parts.random()));
    }
  }
}
