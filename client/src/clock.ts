/** Time as the client sees it. Tests hand in one of their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  // What `setTimeout` above returned, which differs between Node and browsers.
  clearTimeout: (timer) => clearTimeout(timer as number),
};

/** A wait that can be cut short. */
export class Pause {
  readonly #clock: Clock;
  #end: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#clock.clearTimeout(timer);
        this.#end = undefined;
        resolve();
      };
      const timer = this.#clock.setTimeout(end, milliseconds);
      this.#end = end;
    });
  }

  /** Ends the wait now; `false` where there is none. */
  skip(): boolean {
    const end = this.#end;
    end?.();
    return end !== undefined;
  }
}
