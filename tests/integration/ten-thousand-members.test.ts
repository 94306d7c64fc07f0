import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketOfConnection, subscriptionBuckets } from '../../shared/domain/large-groups.ts';
import { FaultSource } from '../faults/faults.ts';
import { writeGroup } from '../support/group-rows.ts';
import { type Container, World } from '../support/world.ts';

const connections = 100;

let world: World;
let parley: Container;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());

type Costs = { storing: number; storingAgain: number; adding: number; inbox: number };

/** AWS calls of what is done to a group of that size, of which a hundred members are connected. */
async function costsIn(size: number): Promise<Costs> {
  const [admin = '', ...users] = await world.users(1 + connections + 2 * 100);
  const [first, second] = [users.slice(connections, connections + 100), users.slice(connections + 100)];
  const members = users.slice(0, connections);
  const crowd = Array.from({ length: size - 1 - connections }, () => `usr_${randomUUID()}`);
  const id = await writeGroup(parley, admin, [...members, ...crowd], { subscriptions: 'complete' });
  const connectedAt = Date.now();
  // Not random ones: now and then these would leave a bucket empty, which is looked into each time.
  const connectionIds = members.map((_, index) => `${size}-${index}`);
  expect(new Set(connectionIds.map(bucketOfConnection)).size).toBe(subscriptionBuckets);
  for (const [index, userId] of members.entries()) {
    const connectionId = connectionIds[index] ?? '';
    const connection = { userId, connectionId, connectedAt, lastSeenAt: connectedAt, authEpoch: 1 };
    await parley.stores.presence.register(connection);
    await parley.subscriptions.open(connection);
  }
  const counted = async (work: (container: Container) => Promise<unknown>) => {
    const source = new FaultSource([]);
    await work(world.container(source));
    return source.calls;
  };
  const record = () => {
    const acceptedAt = new Date().toISOString();
    const message = { version: 1, acceptId: randomUUID(), acceptedAt, conversationId: id, senderId: admin };
    const whole = { ...message, messageId: randomUUID(), type: 'text', content: 'hello' };
    const data = Buffer.from(JSON.stringify(whole)).toString('base64');
    return { sequenceNumber: whole.messageId, eventId: whole.messageId, partitionKey: id, data };
  };
  const source = new FaultSource([]);
  const warm = world.container(source);
  expect(await warm.deliver.deliver([record()])).toEqual([]);
  const storing = source.calls;
  expect(await warm.deliver.deliver([record()])).toEqual([]);
  const storingAgain = source.calls - storing;

  world.connections.posted.clear();
  await world.fanOutAll();
  for (const connectionId of connectionIds) {
    expect(world.connections.posted.get(connectionId)?.length).toBeGreaterThan(0);
  }

  await parley.members.add(admin, id, first);
  const adding = await counted((container) => container.members.add(admin, id, second));
  const inbox = await counted((container) => container.inbox.page(members[0] ?? '', {}));
  return { storing, storingAgain, adding, inbox };
}

test('what is done to a group of 10,000 takes the calls that it takes in one of 400', async () => {
  const small = await costsIn(400);
  expect(await costsIn(10_000)).toEqual(small);
  // Head, senders, transaction, read marker and two batches of jobs.
  expect(small.storingAgain).toBe(6);
}, 180_000);
