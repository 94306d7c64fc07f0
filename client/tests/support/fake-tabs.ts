import type { Tabs } from '../../src/tabs.ts';

type Waiting = { take(): void; hold: Promise<void> | undefined };

/** One browser: its tabs get locks in turn, and hear what the others say. */
export class FakeBrowser {
  readonly #queues = new Map<string, Waiting[]>();
  readonly #channels = new Map<string, Set<(message: unknown) => void>>();

  tab(): FakeTab {
    return new FakeTab(this.#queues, this.#channels);
  }
}

/** A tab, which may end at any moment: its locks are then free, and nobody hears of it any more. */
export class FakeTab implements Tabs {
  readonly #queues: Map<string, Waiting[]>;
  readonly #channels: Map<string, Set<(message: unknown) => void>>;
  readonly #ends = new Set<() => void>();

  constructor(queues: Map<string, Waiting[]>, channels: Map<string, Set<(message: unknown) => void>>) {
    this.#queues = queues;
    this.#channels = channels;
  }

  crash(): void {
    for (const end of this.#ends) end();
  }

  async lock(name: string, signal: AbortSignal, hold: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    const crashed = new Promise<void>((resolve) => this.#ends.add(resolve));
    const leave = (waiting: Waiting) => {
      const index = queue.indexOf(waiting);
      if (index < 0) return;
      queue.splice(index, 1);
      if (index === 0) queue[0]?.take();
    };
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        hold: undefined,
        take() {
          waiting.hold = hold();
          void Promise.race([waiting.hold, crashed]).then(() => {
            leave(waiting);
            resolve();
          });
        },
      };
      void crashed.then(() => leave(waiting));
      signal.addEventListener('abort', () => {
        // A lock that is held is not taken away.
        if (waiting.hold !== undefined) return;
        leave(waiting);
        reject(new Error('aborted'));
      });
      queue.push(waiting);
      if (queue.length === 1) waiting.take();
    });
  }

  channel(name: string, hear: (message: unknown) => void) {
    const hearing = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, hearing);
    hearing.add(hear);
    const close = () => {
      hearing.delete(hear);
    };
    this.#ends.add(close);
    return {
      say: (message: unknown) => {
        if (!hearing.has(hear)) return;
        const copy = structuredClone(message);
        for (const one of hearing) if (one !== hear) queueMicrotask(() => hearing.has(one) && one(copy));
      },
      close,
    };
  }
}
