import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planConversations } from './population.ts';
import { seededRandom } from './seeded-random.ts';

test('conversations are of the sizes asked for, each user once, and the same for the same seed', () => {
  const groups = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 5 }), size: fc.integer({ min: 2, max: 9 }) }),
    {
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(groups, fc.nat({ max: 36 }), fc.nat(), (specs, directs, seed) => {
      const plan = () => planConversations(9, specs, directs, seededRandom(seed));
      const planned = plan();
      expect(planned.map(({ members }) => new Set(members).size)).toEqual([
        ...specs.flatMap(({ count, size }) => Array.from({ length: count }, () => size)),
        ...Array.from({ length: directs }, () => 2),
      ]);
      expect(planned.flatMap(({ members }) => members).every((user) => user >= 0 && user < 9)).toBe(true);
      const pairs = planned.filter(({ type }) => type === 'DM').map(({ members }) => members.join());
      expect(new Set(pairs).size).toBe(directs);
      expect(plan()).toEqual(planned);
    }),
  );
});

test('groups and pairs reach as many users as they can before they reach one twice', () => {
  const groups = planConversations(30, [{ count: 3, size: 10 }], 0, seededRandom(1));
  expect(new Set(groups.flatMap(({ members }) => members)).size).toBe(30);
  const pairs = planConversations(30, [], 15, seededRandom(1));
  expect(new Set(pairs.flatMap(({ members }) => members)).size).toBe(30);
});
