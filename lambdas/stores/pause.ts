import { setTimeout } from 'node:timers/promises';

const baseMs = 10;
const longestMs = 500;

/** Exponential back-off with full jitter, so that those who collided do not collide again. */
export async function pause(attempt: number): Promise<void> {
  await setTimeout(Math.random() * Math.min(longestMs, baseMs * 2 ** attempt));
}
