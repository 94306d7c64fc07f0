import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonBytes, splitByBytes, takeWithinBytes } from './split-by-bytes.ts';

const items = fc.array(fc.string({ unit: 'binary', maxLength: 40 }));

test('runs hold every item once, in order, as many as fit, or one that does not fit alone', () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 200 }), (all, maxBytes) => {
      const runs = splitByBytes(all, maxBytes);
      expect(runs.flat()).toEqual(all);
      for (const [index, run] of runs.entries()) {
        expect(run.length).toBeGreaterThan(0);
        const bytes = run.reduce((sum, item) => sum + jsonBytes(item), 0);
        if (run.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
        const [next] = runs[index + 1] ?? [];
        if (next !== undefined) expect(bytes + jsonBytes(next)).toBeGreaterThan(maxBytes);
      }
    }),
  );
});

test('what is taken fits, and one more would not', () => {
  fc.assert(
    fc.property(items, fc.nat({ max: 200 }), (all, maxBytes) => {
      const taken = takeWithinBytes(all, maxBytes);
      const bytes = taken.reduce((sum, item) => sum + jsonBytes(item), 0);
      expect(bytes).toBeLessThanOrEqual(maxBytes);
      const next = all[taken.length];
      if (next !== undefined) expect(bytes + jsonBytes(next)).toBeGreaterThan(maxBytes);
    }),
  );
});

test('the size of a list is at most that of its items', () => {
  fc.assert(
    fc.property(items, (all) => {
      const ofItems = all.reduce((sum, item) => sum + jsonBytes(item), 0);
      expect(Buffer.byteLength(JSON.stringify(all))).toBeLessThanOrEqual(ofItems + 2);
    }),
  );
});
