import type { Tabs } from '../../src/tabs.ts';

/** The tabs of one browser: locks are given in turn, and what one says the others hear. */
export class FakeBrowser implements Tabs {
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #channels = new Map<string, Set<(message: unknown) => void>>();

  async lock(name: string, signal: AbortSignal, hold: () => Promise<void>): Promise<void> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    await new Promise<void>((resolve, reject) => {
      queue.push(resolve);
      signal.addEventListener('abort', () => {
        // A lock that is held is not taken away.
        if (queue.indexOf(resolve) <= 0) return;
        queue.splice(queue.indexOf(resolve), 1);
        reject(new Error('aborted'));
      });
      if (queue.length === 1) resolve();
    });
    try {
      await hold();
    } finally {
      queue.shift();
      queue[0]?.();
    }
  }

  channel(name: string, hear: (message: unknown) => void) {
    const hearing = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, hearing);
    hearing.add(hear);
    return {
      say: (message: unknown) => {
        const copy = structuredClone(message);
        for (const one of hearing) if (one !== hear) queueMicrotask(() => one(copy));
      },
      close: () => {
        hearing.delete(hear);
      },
    };
  }
}
