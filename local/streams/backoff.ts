/** How long to wait before the nth attempt (from 1) at something that failed. */
export type Backoff = (attempt: number) => number;

/**
 * Doubling with full jitter. AWS does not say how the mappings space their retries; what is known is that they do.
 * Locally the waits are short, so that a developer does not sit through them.
 */
export function exponentialBackoff(
  firstMs: number,
  longestMs: number,
  random: () => number = Math.random,
): Backoff {
  return (attempt) => Math.round(Math.min(longestMs, firstMs * 2 ** (attempt - 1)) * (0.5 + random() / 2));
}

export const localBackoff = exponentialBackoff(50, 2000);
