import { setTimeout } from 'node:timers/promises';
import { ParleyError } from '../../client/src/index.ts';

const pauseMs = { least: 250, most: 5_000 };
/** A limit that lasts longer than this is told to whoever waits. */
const longWaitMs = 10_000;

/** Repeats a call that may be repeated, for as long as the server says that it cannot answer now. */
export async function insist<Result>(
  call: () => Promise<Result>,
  { signal, onLongWait }: { signal: AbortSignal; onLongWait?: (waitMs: number) => void },
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      const temporary =
        error instanceof ParleyError && (error.code === 'RATE_LIMITED' || error.code === 'UNAVAILABLE');
      if (!temporary) throw error;
      const waitMs = error.retryAfterMs ?? Math.min(pauseMs.most, pauseMs.least * 2 ** attempt);
      if (waitMs >= longWaitMs) onLongWait?.(waitMs);
      await setTimeout(waitMs, undefined, { signal });
    }
  }
}
