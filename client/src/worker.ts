import { Backoff } from './backoff.ts';
import { type Clock, Pause } from './clock.ts';
import { isTemporary } from './errors.ts';

/**
 * Does its work step by step while the client is online, one step at a time. A step that fails comes again, when the server
 * says or after a back-off.
 */
export class Worker {
  readonly #step: () => Promise<boolean>;
  readonly #onIdle: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #backoff: Backoff;
  readonly #pause: Pause;
  #online = false;
  #running = false;
  #wanted = false;

  /** @param step answers whether there is more to do */
  constructor(parts: {
    clock: Clock;
    random: () => number;
    step(): Promise<boolean>;
    onIdle?(): void;
    /** A failure that no waiting mends, though it is tried again. */
    onError(error: unknown): void;
  }) {
    this.#step = parts.step;
    this.#onIdle = parts.onIdle ?? (() => undefined);
    this.#onError = parts.onError;
    this.#backoff = new Backoff(parts.random);
    this.#pause = new Pause(parts.clock);
  }

  get isBusy(): boolean {
    return this.#running || this.#wanted;
  }

  /** Online: goes on with what was wanted meanwhile. */
  start(): void {
    this.#online = true;
    if (this.#wanted) this.kick();
  }

  stop(): void {
    this.#online = false;
    this.#pause.skip();
  }

  /** There is something to do. */
  kick(): void {
    this.#wanted = true;
    if (this.#online && !this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#online && this.#wanted) {
      this.#wanted = false;
      try {
        const more = await this.#step();
        this.#backoff.reset();
        if (more) this.#wanted = true;
      } catch (error) {
        this.#wanted = true;
        const isKnown = isTemporary(error);
        if (!isKnown) this.#onError(error);
        if (this.#online) await this.#pause.wait(isKnown ? this.#backoff.after(error) : this.#backoff.next());
      }
    }
    this.#running = false;
    if (this.#online) this.#onIdle();
  }
}
