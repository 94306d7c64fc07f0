/**
 * Rotating the key of the tokens without refusing a single one. Functions remember the keys for a while, so a key that is
 * used before all of them have heard of it would be refused by some. So the next key is first offered, as one that is taken
 * and not used; when every function has read it, it becomes the one that signs, and the one before is still taken. The
 * state of a rotation is in the secret itself: whoever is interrupted runs it again.
 */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { Keys, keysAreFreshForMs, tokenLifetimeMs } from '../../shared/domain/secret-keys.ts';

/** Clocks differ, and a function reads the secret when it needs it and not when it is due. */
const marginMs = 60_000;

const Secret = v.object({
  ...Keys.entries,
  /** When the next key, which is `previous` until then, may begin to sign. */
  promoteAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  rotatedAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});
export type Secret = v.InferOutput<typeof Secret>;

export type Step =
  /** Write this; nothing is due after it but waiting, or nothing at all. */
  | { do: 'offer' | 'promote'; secret: Secret }
  | { do: 'wait'; until: number }
  /** A token of the key before the present one may still be in use. */
  | { do: 'refuse'; until: number };

export function readSecret(text: string | undefined): Secret {
  const secret = v.safeParse(v.pipe(v.string(), v.parseJson(), Secret), text);
  if (secret.success) return secret.output;
  // The parser's own words would hold the secret.
  throw new Error(
    'The secret is not of the form {"current": "…", "previous": "…"}: restore its last version first.',
  );
}

/** @param force forgets the key before the present one, and so signs out who still has a token of it */
export function nextStep(secret: Secret, now: number, force = false): Step {
  const { current, previous, promoteAt, rotatedAt } = secret;
  if (promoteAt !== undefined && previous !== undefined) {
    const until = Date.parse(promoteAt);
    if (now < until) return { do: 'wait', until };
    return {
      do: 'promote',
      secret: { current: previous, previous: current, rotatedAt: new Date(now).toISOString() },
    };
  }
  // Functions may sign with the old key until they read the new one, and a token lives from then.
  const until =
    rotatedAt === undefined ? 0 : Date.parse(rotatedAt) + tokenLifetimeMs + keysAreFreshForMs + marginMs;
  if (now < until && !force) return { do: 'refuse', until };
  return {
    do: 'offer',
    secret: {
      current,
      previous: randomBytes(48).toString('base64url'),
      promoteAt: new Date(now + keysAreFreshForMs + marginMs).toISOString(),
    },
  };
}
