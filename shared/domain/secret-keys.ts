import * as v from 'valibot';

/** A random key, as `infra/` has Secrets Manager draw it. */
export const Keys = v.object({
  /** What is signed is signed with this one. */
  current: v.string(),
  /** Taken too: the one before, or the next one, while the secret is being rotated. */
  previous: v.optional(v.string()),
});
export type Keys = v.InferOutput<typeof Keys>;

/** How long a function goes on with the keys it has read, and so how long a change of them may go unnoticed. */
export const keysAreFreshForMs = 5 * 60 * 1000;

/** How long a token is good, and so how long the key that signed it must be taken. */
export const tokenLifetimeMs = 12 * 60 * 60 * 1000;
