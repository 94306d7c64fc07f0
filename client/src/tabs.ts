/** How several tabs of one browser agree. @see {@link browserTabs} */
export interface Tabs {
  /**
   * Calls `hold` once nobody else holds that name, and lets go of it when what it returns has settled. `signal`
   * ends the wait.
   */
  lock(name: string, signal: AbortSignal, hold: () => Promise<void>): Promise<void>;
  /** Hears what other tabs say under that name. */
  channel(name: string, hear: (message: unknown) => void): { say(message: unknown): void; close(): void };
}

type Locks = {
  request(name: string, options: { signal: AbortSignal }, callback: () => Promise<void>): Promise<unknown>;
};

/** Web Locks and BroadcastChannel. Without Web Locks nobody waits for anybody. */
export const browserTabs: Tabs = {
  async lock(name, signal, hold) {
    const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {};
    if (locks === undefined) await hold();
    else await locks.request(name, { signal }, hold);
  },
  channel(name, hear) {
    if (typeof BroadcastChannel === 'undefined') return { say: () => undefined, close: () => undefined };
    const channel = new BroadcastChannel(name);
    channel.onmessage = (event: { data: unknown }) => hear(event.data);
    return { say: (message) => channel.postMessage(message), close: () => channel.close() };
  },
};

/** Whether this tab is the one that sends. */
export class Leadership {
  readonly #tabs: Tabs;
  readonly #name: string;
  readonly #onLead: () => void;
  #waiting: AbortController | undefined;
  #release: (() => void) | undefined;

  constructor(tabs: Tabs, name: string, onLead: () => void) {
    this.#tabs = tabs;
    this.#name = name;
    this.#onLead = onLead;
  }

  get isHeld(): boolean {
    return this.#release !== undefined;
  }

  seek(): void {
    if (this.#waiting !== undefined) return;
    const waiting = new AbortController();
    this.#waiting = waiting;
    const held = () =>
      new Promise<void>((resolve) => {
        if (this.#waiting !== waiting) return resolve();
        this.#release = resolve;
        this.#onLead();
      });
    this.#tabs.lock(this.#name, waiting.signal, held).catch(() => {
      // Ended by `leave`; or there are no locks for this page, and then nobody is waited for.
      if (!waiting.signal.aborted) void held();
    });
  }

  leave(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#release?.();
    this.#release = undefined;
  }
}
