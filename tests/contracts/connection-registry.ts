import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLive } from '../../lambdas/services/online-status.ts';
import type { Connection, ConnectionRegistry } from '../../lambdas/stores/presence-store.ts';
import { connectionLifetimeMs } from '../../shared/domain/sessions.ts';

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
    const start = Date.now();
    const minute = 60_000;
    const at = (userId: string, connectionId: string, connectedAt = start, lastSeenAt = connectedAt) => ({
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
      expect(await registry.register(at(userId, 'phone', start, start + minute))).toEqual({
        isNew: false,
        others: [],
      });
      expect(await registry.register(at(userId, 'laptop', start + minute + 9_000))).toEqual({
        isNew: true,
        others: [expect.objectContaining(at(userId, 'phone', start, start + minute))],
      });
    });

    test('one that is too old to be open is not pushed to, but whoever registers or ends all is told of it', async () => {
      const registry = container();
      const userId = randomUUID();
      const old = at(userId, 'old', start - connectionLifetimeMs - minute);
      await registry.register(old);
      expect(await registry.connectionsOfAll([userId])).toEqual([]);
      expect((await registry.sightingsOf([userId]))[0]?.connections).toEqual([]);
      expect(await registry.connectionsOf(userId)).toMatchObject([old]);
      expect(await registry.register(at(userId, 'new'))).toMatchObject({ isNew: true, others: [old] });
      expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual(['new']);
    });

    test('when a user was last seen is known after the last connection too', async () => {
      const registry = container();
      const [userId, stranger] = [randomUUID(), randomUUID()];
      const sighting = async () => await registry.sightingsOf([userId, stranger, userId]);
      await registry.register(at(userId, 'phone'));
      expect(await sighting()).toMatchObject([
        { userId, connections: [at(userId, 'phone')], lastSeenAt: start },
      ]);
      await registry.register(at(userId, 'laptop', start + 1_000));
      await registry.remove(at(userId, 'phone'));
      expect(await sighting()).toMatchObject([{ lastSeenAt: start + 1_000 }]);
      await registry.remove(at(userId, 'laptop'), start + 2_000);
      expect(await sighting()).toMatchObject([{ userId, connections: [], lastSeenAt: start + 2_000 }]);
      // It was not there any more, so nobody was seen then.
      await registry.remove(at(userId, 'laptop'), start + 3_000);
      expect(await sighting()).toMatchObject([{ lastSeenAt: start + 2_000 }]);
    });

    test('one whose client sends its heartbeats is live until it is removed', async () => {
      const registry = container();
      const userId = randomUUID();
      await registry.register(at(userId, 'phone'));
      for (let now = start + minute; now < start + 60 * minute; now += minute) {
        await registry.register(at(userId, 'phone', start, now));
        const [seen] = await registry.sightingsOf([userId]);
        expect(seen?.connections.filter((one) => isLive(one, now + minute))).toHaveLength(1);
      }
      await registry.remove({ userId, connectionId: 'phone' });
      expect(await registry.sightingsOf([userId])).toMatchObject([{ connections: [] }]);
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
          let now = start;
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
