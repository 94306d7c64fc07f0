import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Closing } from '../../lambdas/services/closing.ts';
import { CutOff } from '../../lambdas/services/cut-off.ts';
import { Presence } from '../../lambdas/services/presence.ts';
import { Registrations } from '../../lambdas/services/registrations.ts';
import { ConnectionGateway } from '../../lambdas/stores/connection-gateway.ts';
import { EndedMembershipStore } from '../../lambdas/stores/ended-membership-store.ts';
import type { PresenceStore, SessionConnection } from '../../lambdas/stores/presence-store.ts';
import type { SessionStore } from '../../lambdas/stores/session-store.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { connectionRegistryContract } from '../contracts/connection-registry.ts';
import { World } from '../support/world.ts';

let world: World;
let documents: DynamoDBDocumentClient;
let store: PresenceStore;
let sessions: SessionStore;
let presence: Presence;
let closing: Closing;
beforeAll(async () => {
  world = await World.open();
  const container = world.container();
  documents = container.documents;
  store = container.stores.presence;
  sessions = container.stores.sessions;
  const client = new ApiGatewayManagementApiClient({
    endpoint: world.connections.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const ended = new EndedMembershipStore(documents, world.table('EndedMemberships'));
  const registrations = new Registrations(store, new ConnectionGateway(client), (what) => {
    throw new Error(what);
  });
  presence = new Presence(registrations, container.stores.profiles);
  closing = new Closing(registrations, container.stores.profiles, new CutOff(container.stores.inbox, ended));
});
afterAll(() => world.close());

async function idsOf(userId: string): Promise<string[]> {
  return (await store.connectionsOf(userId)).map((connection) => connection.connectionId).sort();
}

function seen(connection: SessionConnection): Promise<void> {
  return presence.seen(connection, async () => false);
}

connectionRegistryContract('the table', () => store);

test('the table forgets a user 30 days after the last sign, and not before', async () => {
  const [userId = ''] = await world.users(1);
  const at = Date.parse('2026-11-24T10:00:00.000Z');
  const days = (count: number) => at / 1000 + count * 24 * 60 * 60;
  const expiry = async () => {
    const { Item } = await documents.send(
      new GetCommand({
        TableName: world.table('Presence'),
        Key: { userId, region: 'us-east-1' },
        ConsistentRead: true,
      }),
    );
    return Item?.['expiresAt'];
  };
  await store.register({ userId, connectionId: 'phone', connectedAt: at, lastSeenAt: at });
  expect(await expiry()).toBe(days(30));
  await store.remove({ userId, connectionId: 'phone' }, days(1) * 1000);
  expect(await expiry()).toBe(days(31));
});

test('one connection too many costs the one seen longest ago', async () => {
  const [userId = ''] = await world.users(1);
  const now = Date.now();
  const ids = Array.from({ length: limits.connectionsPerUser }, (_, index) => `${userId}-${index}`);
  for (const [index, connectionId] of ids.entries()) {
    await seen({ userId, authEpoch: 1, connectionId, connectedAt: now, lastSeenAt: now + index });
  }
  // The first is seen again, so that the second is the one seen longest ago.
  await seen({
    userId,
    authEpoch: 1,
    connectionId: ids[0] ?? '',
    connectedAt: now,
    lastSeenAt: now + 100,
  });
  await seen({
    userId,
    authEpoch: 1,
    connectionId: 'newest',
    connectedAt: now,
    lastSeenAt: now + 101,
  });
  expect(await idsOf(userId)).toEqual([...ids.filter((_, index) => index !== 1), 'newest'].sort());
});

test('all that belong to ended sessions are closed', async () => {
  const [userId = ''] = await world.users(1);
  for (const connectionId of ['one', 'two']) {
    await seen({ userId, connectionId, authEpoch: 1, connectedAt: 1, lastSeenAt: 1 });
  }
  await sessions.endAll(userId, 1);
  await closing.of(userId);
  expect(await idsOf(userId)).toEqual([]);
  expect(world.connections.closed).toEqual(expect.arrayContaining(['one', 'two']));
});

test('a connection of an ended session is closed as soon as it shows itself', async () => {
  const [userId = ''] = await world.users(1);
  await sessions.endAll(userId, 1);
  const stale = { userId, authEpoch: 1, connectionId: 'stale', connectedAt: 1, lastSeenAt: 1 };
  await expect(seen(stale)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await idsOf(userId)).toEqual([]);
  expect(world.connections.closed).toContain('stale');
});
