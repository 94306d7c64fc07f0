/** Ends a subscription. Calling it twice does no harm. */
export type Unsubscribe = () => void;

type Listener = (event: never) => void;

/** Events, to be listened to or iterated over. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();
  readonly #streams = new Set<() => void>();

  /**
   * Calls `listener` for each event of that type from now on. What it throws is reported as an uncaught error and stops
   * nobody else.
   */
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): Unsubscribe {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // A function of its own, so that one listener given twice is called twice.
    const own: Listener = (event) => listener(event);
    listeners.add(own);
    return () => {
      listeners.delete(own);
    };
  }

  /**
   * The events of that type from now on, none left out however slowly they are taken. Ends with `signal`, with `break`, and when the
   * client is closed.
   */
  events<Type extends keyof Events>(
    type: Type,
    options: { signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<Events[Type]> {
    const { signal } = options;
    const waiting: Events[Type][] = [];
    const takers: ((result: IteratorResult<Events[Type]>) => void)[] = [];
    let ended = false;
    const off = this.on(type, (event) => {
      const taker = takers.shift();
      if (taker) taker({ done: false, value: event });
      else waiting.push(event);
    });
    /** No more will come; what has come can still be taken. */
    const end = () => {
      ended = true;
      off();
      signal?.removeEventListener('abort', end);
      this.#streams.delete(end);
      for (const taker of takers.splice(0)) taker({ done: true, value: undefined });
    };
    this.#streams.add(end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();

    return {
      next() {
        if (waiting.length > 0) {
          // There is one: the length says so, and events may be undefined themselves.
          return Promise.resolve({ done: false, value: waiting.shift() as Events[Type] });
        }
        if (ended) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => takers.push(resolve));
      },
      return() {
        waiting.length = 0;
        end();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** @internal */
  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        // Listeners of a type are kept under it: see `on`.
        (listener as (event: Events[Type]) => void)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** @internal Ends all iterators. */
  endStreams(): void {
    for (const end of [...this.#streams]) end();
  }
}
