import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FaultKind, faultKinds, planFaults } from './plan.ts';

const kinds = Object.keys(faultKinds) as FaultKind[]; // The keys of a literal are its type's keys.
const durationMs = fc.integer({ min: 30_000, max: 1_200_000 });

test('the same seed makes the same plan, another one another', () => {
  expect(planFaults(7, 60_000, kinds)).toEqual(planFaults(7, 60_000, kinds));
  expect(planFaults(7, 60_000, kinds)).not.toEqual(planFaults(8, 60_000, kinds));
});

test('every kind is planned, in time to be over before the end', () => {
  fc.assert(
    fc.property(fc.nat(), durationMs, (seed, duration) => {
      const planned = planFaults(seed, duration, kinds);
      expect(new Set(planned.map(({ kind }) => kind))).toEqual(new Set(kinds));
      expect(planned.every(({ atMs }) => atMs > 0 && atMs < duration - 5_000)).toBe(true);
      expect(planned.map(({ atMs }) => atMs)).toEqual(planned.map(({ atMs }) => atMs).sort((a, b) => a - b));
    }),
  );
});

test('a long run has each kind again and again', () => {
  const planned = planFaults(3, 600_000, kinds);
  for (const kind of kinds) {
    expect(planned.filter((fault) => fault.kind === kind).length).toBeGreaterThanOrEqual(7);
  }
});
