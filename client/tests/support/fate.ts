import fc from 'fast-check';

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

const delay = fc.integer({ min: 1, max: 3_000 });

export const anyFate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('arrives' as const), afterMs: delay }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('arrivesTwice' as const),
      afterMs: delay,
      againAfterMs: fc.integer({ min: 1, max: 60_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'lost' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('refused' as const),
      with: fc.constantFrom('RATE_LIMITED' as const, 'UNAVAILABLE' as const, 'gateway' as const),
    }),
  },
);

/** With accidents now and then, so that much happens between them. */
export const mildFate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: 'arrives' as const, afterMs: 5 }) },
  { weight: 1, arbitrary: anyFate },
);
