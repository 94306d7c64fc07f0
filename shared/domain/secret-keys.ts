import * as v from 'valibot';

/** A time that cannot be read counts as missing: what was written by hand must not keep functions from their key. */
const time = v.fallback(v.optional(v.pipe(v.string(), v.isoTimestamp())), undefined);

/** A random key, as `infra/` has Secrets Manager draw it, and the one beside it while it is rotated. */
export const Keys = v.object({
  /** What is signed is signed with this one. */
  current: v.string(),
  /** The key before, or with `promoteAt` the next one. See {@link acceptedKeys}. */
  previous: v.optional(v.string()),
  /** When the next key may begin to sign. Until then it is `previous`, and has signed nothing. */
  promoteAt: time,
  /** When `current` began to sign. */
  rotatedAt: time,
});
export type Keys = v.InferOutput<typeof Keys>;

/** How long a function goes on with the keys it has read, and so how long a change of them may go unnoticed. */
export const keysAreFreshForMs = 5 * 60 * 1000;

/** How long a token is good, and so how long the key that signed it must be accepted. */
export const tokenLifetimeMs = 12 * 60 * 60 * 1000;

/** Clocks differ, and a function reads the secret when it needs it and not when it is due. */
export const rotationMarginMs = 60_000;

/** When the last token ends that was signed with the key before: a function may sign with it until it reads the new one. */
export function previousKeyEndsAt(rotatedAt: string): number {
  return Date.parse(rotatedAt) + tokenLifetimeMs + keysAreFreshForMs + rotationMarginMs;
}

/**
 * The keys by which something is checked. Rotating is of use only if a key that has leaked ends some time: the key before is
 * accepted while its tokens live. One of an unknown age, put there by hand without `rotatedAt`, is not accepted.
 */
export function acceptedKeys({ current, previous, promoteAt, rotatedAt }: Keys, now: number): string[] {
  if (previous === undefined) return [current];
  const isNext = promoteAt !== undefined;
  const isAlive = isNext || (rotatedAt !== undefined && now < previousKeyEndsAt(rotatedAt));
  return isAlive ? [current, previous] : [current];
}
