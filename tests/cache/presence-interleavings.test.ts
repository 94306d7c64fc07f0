/** Connections open and close while others look them up, and every call to the table and to the cache may be late. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Redis } from 'iovalkey';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CachedPresence } from '../../lambdas/stores/cached-presence.ts';
import type { Connection, PresenceStore } from '../../lambdas/stores/presence-store.ts';
import { RedisServer } from '../../scripts/chaos/redis-server.ts';
import { World } from '../support/world.ts';
import { PatientCache } from './support/patient-cache.ts';

type Step = { kind: 'open' | 'seen' | 'close' | 'look'; user: number; which: number };
/** Steps that run at once, perhaps after the cache was emptied. */
type Group = { emptied: boolean; steps: Step[] };

const userCount = 2;
const groups: fc.Arbitrary<Group[]> = fc.array(
  fc.record({
    emptied: fc.boolean(),
    steps: fc.array(
      fc.record({
        kind: fc.constantFrom('open' as const, 'seen' as const, 'close' as const, 'look' as const),
        user: fc.nat({ max: userCount - 1 }),
        which: fc.nat({ max: 5 }),
      }),
      { minLength: 2, maxLength: 5 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

let world: World;
let server: RedisServer;
let client: Redis;
let table: PresenceStore;
beforeAll(async () => {
  [world, server] = await Promise.all([World.open(), RedisServer.start()]);
  client = server.client();
  table = world.container().stores.presence;
});
afterAll(async () => {
  client.disconnect();
  await Promise.all([world.close(), server.kill()]);
});

/** The same call, sent when the scheduler says so. An answer that is late is like a next call that is. */
function held<Args extends unknown[], Answer>(
  scheduler: fc.Scheduler,
  call: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    await scheduler.schedule(Promise.resolve());
    return call(...args);
  };
}

function heldTable(scheduler: fc.Scheduler): PresenceStore {
  return new Proxy(table, {
    get: (target, name: keyof PresenceStore) =>
      held(scheduler, target[name].bind(target) as (...args: unknown[]) => Promise<unknown>), // Each is one call.
  });
}

function heldClient(scheduler: fc.Scheduler): Redis {
  return new Proxy(client, {
    get(target, name) {
      if (name === 'hgetall') return held(scheduler, (key: string) => target.hgetall(key));
      if (name !== 'multi') throw new Error(`Nothing else is asked: ${String(name)}`);
      return () => {
        const transaction = target.multi();
        transaction.exec = held(scheduler, transaction.exec.bind(transaction));
        return transaction;
      };
    },
  });
}

test('whoever is connected is never missing, and who is not is gone once a push was refused', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), groups, async (scheduler, planned) => {
      const container = () =>
        new CachedPresence(heldTable(scheduler), new PatientCache(heldClient(scheduler)));
      const containers = [container(), container()];
      const observer = new CachedPresence(table, new PatientCache(client));
      const userIds = Array.from({ length: userCount }, () => randomUUID());
      const open: Connection[] = [];
      const seen = new Set<Connection>();
      let time = Date.now();

      const take = async ({ kind, user, which }: Step): Promise<unknown> => {
        time += 1_000;
        const registry = containers[which % containers.length] ?? observer;
        const userId = userIds[user] ?? '';
        if (kind === 'look') return registry.connectionsOfAll(userIds);
        if (kind === 'open') {
          const connection = { userId, connectionId: randomUUID(), connectedAt: time, lastSeenAt: time };
          await registry.register(connection);
          return open.push(connection);
        }
        const [connection] = open.slice(which);
        if (connection === undefined) return;
        if (kind === 'seen') {
          seen.add(connection);
          return registry.register({ ...connection, lastSeenAt: time });
        }
        // A heartbeat that is handled after its connection has closed registers it again, with a cache or without.
        if (seen.has(connection)) return;
        open.splice(which, 1);
        return registry.remove(connection);
      };

      for (const { emptied, steps } of planned) {
        if (emptied) await client.del(userIds.map((userId) => `presence:{${userId}}`));
        seen.clear();
        await scheduler.waitFor(Promise.all(steps.map(take)));
        const idsOf = (connections: Connection[]) => connections.map((one) => one.connectionId).sort();
        const found = await observer.connectionsOfAll(userIds);
        expect(idsOf(found)).toEqual(expect.arrayContaining(idsOf(open)));
        // As whoever pushes does when API Gateway does not know a connection.
        const gone = found.filter((one) => !idsOf(open).includes(one.connectionId));
        for (const connection of gone) await observer.remove(connection);
        expect(idsOf(await observer.connectionsOfAll(userIds))).toEqual(idsOf(open));
        expect(idsOf(await table.connectionsOfAll(userIds))).toEqual(idsOf(open));
      }
    }),
    { numRuns: 100 },
  );
});
