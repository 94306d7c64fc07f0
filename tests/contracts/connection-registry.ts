import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connection, ConnectionRegistry } from '../../lambdas/stores/presence-store.ts';

type Step = { kind: 'open' | 'seen' | 'close'; user: number; connection: number; container: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('open' as const, 'seen' as const, 'close' as const),
    user: fc.nat({ max: 1 }),
    connection: fc.nat({ max: 3 }),
    container: fc.nat({ max: 1 }),
  }),
  { maxLength: 25 },
);

/** What each implementation of {@link ConnectionRegistry} does, whoever asks it. */
export function connectionRegistryContract(name: string, container: () => ConnectionRegistry): void {
  describe(`${name} as a registry of connections`, () => {
    const at = (userId: string, connectionId: string, connectedAt = 1_000, lastSeenAt = connectedAt) => ({
      userId,
      connectionId,
      connectedAt,
      lastSeenAt,
    });
    const idsOf = (connections: Connection[]) => connections.map(({ connectionId }) => connectionId).sort();

    test('connections come and go one by one, whatever characters API Gateway puts into their ids', async () => {
      const registry = container();
      const userId = randomUUID();
      const ids = ['L0SM9cOFvHcCIhw=', 'a.b#c', '__proto__'];
      for (const connectionId of ids) await registry.register(at(userId, connectionId));
      expect(idsOf(await registry.connectionsOf(userId))).toEqual([...ids].sort());
      expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual([...ids].sort());
      await registry.remove({ userId, connectionId: 'a.b#c' });
      expect(idsOf(await registry.connectionsOf(userId))).toEqual(['L0SM9cOFvHcCIhw=', '__proto__'].sort());
      expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual(
        ['L0SM9cOFvHcCIhw=', '__proto__'].sort(),
      );
    });

    test('removing a connection that is not there leaves nothing behind', async () => {
      const registry = container();
      const userId = randomUUID();
      await registry.remove({ userId, connectionId: 'never' });
      expect(await registry.connectionsOfAll([userId])).toEqual([]);
    });

    test('whoever registers learns whether that is new, and when the others were seen', async () => {
      const registry = container();
      const userId = randomUUID();
      expect(await registry.register(at(userId, 'phone'))).toEqual({ isNew: true, others: [] });
      expect(await registry.register(at(userId, 'phone', 1_000, 61_000))).toEqual({
        isNew: false,
        others: [],
      });
      expect(await registry.register(at(userId, 'laptop', 70_000))).toEqual({
        isNew: true,
        others: [at(userId, 'phone', 1_000, 61_000)],
      });
    });

    test('of hundreds of users at once, each once', async () => {
      const registry = container();
      const userIds = Array.from({ length: 250 }, () => randomUUID());
      const connected = userIds.filter((_, index) => index % 40 === 0);
      for (const userId of connected) await registry.register(at(userId, userId));
      for (let time = 0; time < 2; time += 1) {
        const found = await registry.connectionsOfAll([...userIds, ...connected]);
        expect(idsOf(found)).toEqual([...connected].sort());
      }
    });

    test('what one container does, another sees', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const containers = [container(), container()] as const;
          const userIds = [randomUUID(), randomUUID()];
          const open = new Map<string, { connectedAt: number }>();
          let now = 1_000;
          for (const step of taken) {
            now += 1_000;
            const registry = containers[step.container] ?? containers[0];
            const userId = userIds[step.user] ?? '';
            const connectionId = `${step.connection}`;
            const key = `${userId}/${connectionId}`;
            if (step.kind === 'close') {
              await registry.remove({ userId, connectionId });
              open.delete(key);
            } else {
              const connectedAt = open.get(key)?.connectedAt ?? now;
              const { isNew } = await registry.register(at(userId, connectionId, connectedAt, now));
              expect(isNew).toBe(!open.has(key));
              open.set(key, { connectedAt });
            }
            for (const observer of containers) {
              const connections = await observer.connectionsOfAll(userIds);
              const found = connections.map((one) => `${one.userId}/${one.connectionId}`);
              expect(found.sort()).toEqual([...open.keys()].sort());
            }
          }
        }),
        { numRuns: 20 },
      );
    });
  });
}
