/** Calls that take many items at once, and may refuse some of them. */
import { pause } from './pause.ts';

export function batchesOf<T>(items: readonly T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}

/**
 * Sends a batch, and then what was not taken of it, until nothing is left.
 * @param send answers what was not taken
 * @param giveUp makes the error of having tried `attempts` times, with so many items left
 */
export async function sendWhole<T>(
  batch: T[],
  attempts: number,
  send: (wanted: T[]) => Promise<T[]>,
  giveUp: (left: number) => Error,
): Promise<void> {
  let wanted = batch;
  for (let attempt = 0; wanted.length > 0; attempt += 1) {
    if (attempt === attempts) throw giveUp(wanted.length);
    if (attempt > 0) await pause(attempt);
    wanted = await send(wanted);
  }
}
