import { unavailable } from '../../shared/protocol/errors.ts';
import { pause } from '../stores/pause.ts';

const maxAttempts = 12;

/** Repeats `change`, which reads and then writes on condition that nothing moved, until it did not lose the race. */
export async function retriedChange<T>(change: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const result = await change();
    if (result !== undefined) return result;
    await pause(attempt);
  }
  throw unavailable('The conversation is changing too fast: try again.');
}
