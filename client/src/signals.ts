/** What the surroundings know of the network and the user; see {@link browserSignals}. */
export interface Signals {
  /**
   * Begins to tell: `up` when the network is back or somebody looks again, so that waiting makes no sense;
   * `down` when the network is gone for certain. Answers how to stop.
   */
  watch(tell: { up(): void; down(): void }): () => void;
}

type Target = {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
};
type Page = Partial<Target> & { document?: Target & { visibilityState: string } };

/** The events of a browser's window and document; where there are none, nothing is ever told. */
export const browserSignals: Signals = {
  watch({ up, down }) {
    const page = globalThis as Page; // All that is read of it is optional.
    const { document } = page;
    const visible = () => {
      if (document?.visibilityState === 'visible') up();
    };
    const heard: [Partial<Target> | undefined, string, () => void][] = [
      [page, 'online', up],
      [page, 'offline', down],
      [page, 'pageshow', visible],
      [document, 'visibilitychange', visible],
    ];
    for (const [target, type, listener] of heard) target?.addEventListener?.(type, listener);
    return () => {
      for (const [target, type, listener] of heard) target?.removeEventListener?.(type, listener);
    };
  },
};
