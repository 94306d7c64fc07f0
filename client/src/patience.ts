import { Backoff } from './backoff.ts';
import { type Clock, Pause } from './clock.ts';
import { isTemporary } from './errors.ts';

/** A call waits no longer than this for the server's leave to try again; the caller decides about longer waits. */
const patienceMs = 20_000;
const attempts = 4;

/** What a call that may be repeated comes to, after some tries where the server asks for it or cannot be reached. */
export async function patiently<Answer>(
  { clock, random }: { clock: Clock; random: () => number },
  call: () => Promise<Answer>,
): Promise<Answer> {
  const backoff = new Backoff(random);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isTemporary(error) || attempt === attempts) throw error;
      const delay = backoff.after(error);
      if (delay > patienceMs) throw error;
      await new Pause(clock).wait(delay);
    }
  }
}
