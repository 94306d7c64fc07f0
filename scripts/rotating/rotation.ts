/**
 * Rotating the key of the tokens without refusing a single one. Functions remember the keys for a while, so a key that is
 * used before all of them have heard of it would be refused by some. So the next key is first offered, as one that is taken
 * and not used; when every function has read it, it becomes the one that signs, and the one before is still taken. The
 * state of a rotation is in the secret itself: whoever is interrupted runs it again.
 */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import {
  Keys,
  keysAreFreshForMs,
  previousKeyEndsAt,
  rotationMarginMs,
} from '../../shared/domain/secret-keys.ts';

export type Step =
  /** Write this; nothing is due after it but waiting, or nothing at all. */
  | { do: 'offer' | 'promote'; secret: Keys }
  | { do: 'wait'; until: number }
  /** A token of the key before the present one may still be in use. */
  | { do: 'refuse'; until: number };

export function readSecret(text: string | undefined): Keys {
  const secret = v.safeParse(v.pipe(v.string(), v.parseJson(), Keys), text);
  if (secret.success) return secret.output;
  // The parser's own words would hold the secret.
  throw new Error(
    'The secret is not of the form {"current": "…", "previous": "…"}: restore its last version first.',
  );
}

/** What ends all sessions: no key of before is accepted by a function that has read it. */
export function revoked(): Keys {
  return { current: newKey() };
}

/** @param force forgets the key before the present one, and so signs out who still has a token of it */
export function nextStep(secret: Keys, now: number, force = false): Step {
  const { current, previous, promoteAt, rotatedAt } = secret;
  if (promoteAt !== undefined && previous !== undefined) {
    const until = Date.parse(promoteAt);
    if (now < until) return { do: 'wait', until };
    return {
      do: 'promote',
      secret: { current: previous, previous: current, rotatedAt: new Date(now).toISOString() },
    };
  }
  const until = previous === undefined || rotatedAt === undefined ? 0 : previousKeyEndsAt(rotatedAt);
  if (now < until && !force) return { do: 'refuse', until };
  return {
    do: 'offer',
    secret: {
      current,
      previous: newKey(),
      promoteAt: new Date(now + keysAreFreshForMs + rotationMarginMs).toISOString(),
    },
  };
}

function newKey(): string {
  return randomBytes(48).toString('base64url');
}
