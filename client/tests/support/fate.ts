/** What becomes of one frame or HTTP request on its way. */
export type Fate =
  | { kind: 'arrives'; afterMs: number }
  | { kind: 'arrivesTwice'; afterMs: number; againAfterMs: number }
  | { kind: 'lost' }
  /** Only of requests: the server answers so instead of doing it. */
  | { kind: 'refused'; with: 'RATE_LIMITED' | 'UNAVAILABLE' | 'gateway' };

export type Network = {
  /** Each call is about the next frame or request. */
  next(): Fate;
};

/** Everything arrives at once. */
export const calm: Network = { next: () => ({ kind: 'arrives', afterMs: 1 }) };

/** These, one by one, and then all is calm. */
export function storm(fates: Fate[]): Network {
  const left = [...fates];
  return { next: () => left.shift() ?? calm.next() };
}
