import { setTimeout } from 'node:timers/promises';

/** What `answer` resolves to. Rejects where that takes longer; the work goes on, and its outcome is ignored. */
export async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const tooLate = setTimeout(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`There was no answer within ${milliseconds} ms`);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    // Both may still reject, and no code waits for them.
    answer.catch(() => {});
    tooLate.catch(() => {});
    timer.abort();
  }
}
