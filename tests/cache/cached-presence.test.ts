import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CachedPresence } from '../../lambdas/stores/cached-presence.ts';
import type { Connection, PresenceStore } from '../../lambdas/stores/presence-store.ts';
import { RedisServer } from '../../scripts/chaos/redis-server.ts';
import { connectionRegistryContract } from '../contracts/connection-registry.ts';
import { World } from '../support/world.ts';
import { PatientCache } from './support/patient-cache.ts';

let world: World;
let server: RedisServer;
let cache: PatientCache;
let table: PresenceStore;
/** The calls of each container that reached the table. */
let calls: string[] = [];

beforeAll(async () => {
  [world, server] = await Promise.all([World.open(), RedisServer.start()]);
  cache = new PatientCache(server.client());
  table = world.container().stores.presence;
});
beforeEach(() => {
  calls = [];
});
afterAll(async () => {
  cache.close();
  await Promise.all([world.close(), server.kill()]);
});

const container = () => new CachedPresence(counted(world.container().stores.presence), cache);

function counted(store: PresenceStore): PresenceStore {
  return new Proxy(store, {
    get(target, name: keyof PresenceStore) {
      calls.push(name);
      return target[name].bind(target);
    },
  });
}

connectionRegistryContract('the cache before the table', container);

const now = Date.now();
const opened = (userId: string, connectionId = 'phone'): Connection => ({
  userId,
  connectionId,
  connectedAt: now,
  lastSeenAt: now,
});
const idsOf = (connections: Connection[]) => connections.map(({ connectionId }) => connectionId).sort();

describe('the table is spared', () => {
  test('by heartbeats, and by looking users up, whether they are connected or not', async () => {
    const registry = container();
    const [here, away] = [randomUUID(), randomUUID()];
    await registry.register(opened(here));
    await registry.connectionsOfAll([here, away]);
    calls = [];
    await registry.register({ ...opened(here), lastSeenAt: now + 60_000 });
    await container().connectionsOfAll([here, away]);
    expect(calls).toEqual([]);
  });

  test('never where sessions are to be ended', async () => {
    const registry = container();
    const userId = randomUUID();
    await registry.register(opened(userId));
    await cache.client.hdel(`presence:{${userId}}`, 'phone');
    expect(idsOf(await registry.connectionsOf(userId))).toEqual(['phone']);
  });
});

describe('a cache that', () => {
  test('was restarted, and so is empty, is right at once', async () => {
    const registry = container();
    const userIds = [randomUUID(), randomUUID(), randomUUID()];
    for (const userId of userIds.slice(1)) await registry.register(opened(userId, userId));
    await cache.client.flushall();
    expect(idsOf(await registry.connectionsOfAll(userIds))).toEqual(userIds.slice(1).sort());
    // The heartbeat of one device fills in the others too.
    await registry.register(opened(userIds[1] ?? '', 'laptop'));
    await cache.client.flushall();
    await registry.register({ ...opened(userIds[1] ?? '', 'laptop'), lastSeenAt: now + 1 });
    calls = [];
    expect(idsOf(await registry.connectionsOfAll(userIds.slice(1, 2)))).toEqual(
      [userIds[1] ?? '', 'laptop'].sort(),
    );
    expect(calls).toEqual([]);
  });

  test('knows a closed connection forgets it when whoever pushes to it says so', async () => {
    const registry = container();
    const userId = randomUUID();
    await registry.register(opened(userId));
    await table.remove(opened(userId));
    expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual(['phone']);
    await registry.remove(opened(userId));
    expect(await registry.connectionsOfAll([userId])).toEqual([]);
  });

  test('lacks an open connection learns of it by its next heartbeat', async () => {
    const registry = container();
    const userId = randomUUID();
    await registry.register(opened(userId, 'laptop'));
    await table.register(opened(userId));
    expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual(['laptop']);
    const answer = await registry.register({ ...opened(userId), lastSeenAt: now + 60_000 });
    expect(answer).toMatchObject({ isNew: false, others: [{ connectionId: 'laptop' }] });
    expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual(['laptop', 'phone']);
  });

  test('answers nothing is answered for by the table', async () => {
    const silent = { attempt: async () => undefined, insist: async () => undefined };
    const registry = new CachedPresence(table, silent);
    const userId = randomUUID();
    expect(await registry.register(opened(userId))).toEqual({ isNew: true, others: [] });
    expect(await registry.register({ ...opened(userId), lastSeenAt: now + 1 })).toMatchObject({
      isNew: false,
    });
    expect(idsOf(await registry.connectionsOfAll([userId]))).toEqual(['phone']);
    await registry.remove(opened(userId));
    expect(await registry.connectionsOfAll([userId])).toEqual([]);
  });
});

test('a look-up that read the table before a connection opened takes nothing away when it comes to the cache', async () => {
  const userId = randomUUID();
  const hasRead = Promise.withResolvers<void>();
  const mayGoOn = Promise.withResolvers<void>();
  const slow = new Proxy(table, {
    get: (target) => async (userIds: string[]) => {
      const read = await target.connectionsOfAll(userIds);
      hasRead.resolve();
      await mayGoOn.promise;
      return read;
    },
  });
  const looking = new CachedPresence(slow, cache).connectionsOfAll([userId]);
  await hasRead.promise;
  await container().register(opened(userId));
  mayGoOn.resolve();
  expect(await looking).toEqual([]);
  expect(idsOf(await container().connectionsOfAll([userId]))).toEqual(['phone']);
});

test('what is remembered ends by itself: soon where a user has no connection, which no heartbeat would correct', async () => {
  const registry = container();
  const [here, away] = [randomUUID(), randomUUID()];
  await registry.register(opened(here));
  await registry.connectionsOfAll([away]);
  expect(await cache.client.pttl(`presence:{${here}}`)).toBeGreaterThan(60_000);
  expect(await cache.client.pttl(`heartbeat:{${here}}`)).toBeGreaterThan(60_000);
  const left = await cache.client.pttl(`presence:{${away}}`);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(10_000);
});
