import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { bucketOfConnection } from '../../shared/domain/large-groups.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { FaultSource } from '../faults/faults.ts';
import { connect } from '../support/connect.ts';
import { writeGroup } from '../support/group-rows.ts';
import { thoroughTest } from '../support/thorough-test.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
/** Members without connections, who are no users either. */
const crowd = Array.from({ length: 220 }, () => `usr_${randomUUID()}`);
let alice: string;
let bob: string;
let carol: string;
let dave: string;

beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());
beforeEach(async () => {
  world.connections.posted.clear();
  world.connections.gone.clear();
  world.connections.throttled.clear();
  [alice = '', bob = '', carol = '', dave = ''] = await world.users(4);
});

/** A large group of Alice, its admin, Bob and a crowd. */
const largeGroup = () => writeGroup(parley, alice, [bob, ...crowd], { subscriptions: 'complete' });

let records = 0;
function record(
  conversationId: string,
  senderId = alice,
  messageId: string = randomUUID(),
  acceptedAt = new Date().toISOString(),
): StreamRecord {
  records += 1;
  const message = { version: 1, acceptId: randomUUID(), acceptedAt, type: 'text', content: 'hello' };
  return {
    sequenceNumber: String(records),
    eventId: `shard:${records}`,
    partitionKey: conversationId,
    data: Buffer.from(JSON.stringify({ ...message, conversationId, senderId, messageId })).toString('base64'),
  };
}

async function say(conversationId: string, senderId = alice): Promise<void> {
  expect(await parley.deliver.deliver([record(conversationId, senderId)])).toEqual([]);
}

/** What a connection got since the last look: each message by its number, everything else by its type or code. */
function heard(connectionId: string): (number | string)[] {
  const frames = world.connections.posted.get(connectionId) ?? [];
  world.connections.posted.delete(connectionId);
  return frames.flatMap((frame): (number | string)[] => {
    const event: ServerEvent = JSON.parse(frame);
    if (event.type === 'message') return event.messages.map((message) => message.seq);
    return [event.type === 'error' ? event.code : event.type];
  });
}

test('storing takes as many calls in a group of 222 as it takes jobs, whoever its members are', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  await say(id); // From now on the bucket is known to be in use.
  const counted = new FaultSource([]);
  const container = world.container(counted);
  await container.deliver.deliver([record(id)]);
  // Head, sender, transaction, read marker, 16 looks into buckets, one job; and nobody else is pushed to from here.
  expect(counted.calls).toBeLessThanOrEqual(22);
  await world.fanOutAll();
  expect(heard(bob)).toEqual([1, 2]);
});

test('its inbox rows stay as they are, but for how far senders have read', async () => {
  const id = await largeGroup();
  await say(id, bob);
  expect(await parley.stores.inbox.row(bob, id)).toMatchObject({ lastSeq: 0, lastReadSeq: 1 });
  expect(await parley.stores.inbox.row(alice, id)).toMatchObject({ lastSeq: 0, lastReadSeq: 0 });
  expect(await parley.conversations.view(alice, id)).toMatchObject({ lastSeq: 1, unreadCount: 1 });
});

test('of a batch the read markers of 25 senders are written at once', async () => {
  const id = await largeGroup();
  const counted = new FaultSource([]);
  const batch = crowd.slice(0, 40).map((userId) => record(id, userId));
  expect(await world.container(counted).deliver.deliver(batch)).toEqual([]);
  expect(counted.most).toBe(25);
  expect(await parley.stores.inbox.row(crowd[39] ?? '', id)).toMatchObject({ lastSeq: 0, lastReadSeq: 40 });
});

test('a message that comes again does not bring back the row of a sender who has left', async () => {
  const id = await largeGroup();
  const one = record(id, bob);
  await parley.deliver.deliver([one]);
  await parley.members.remove(bob, id, bob);
  expect(await parley.deliver.deliver([one])).toEqual([]);
  expect(await parley.stores.inbox.row(bob, id)).toBeUndefined();
});

test('how long a message took counts from the oldest acceptance of its batch', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  const container = world.container();
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  const ages = [1_000_000, 2_000_000, 1_000_000];
  await parley.deliver.deliver(ages.map((ms) => record(id, alice, randomUUID(), ago(ms))));
  await world.fanOutAll(container);
  const latencies = container.counted.get('PushLatency') ?? [];
  expect(latencies).toHaveLength(1);
  expect(latencies[0]).toBeGreaterThanOrEqual(2_000_000);
});

test('a stranger is refused, and a retry goes to its sender alone', async () => {
  const id = await largeGroup();
  for (const userId of [alice, bob, carol]) await connect(parley, userId);
  const messageId = randomUUID();
  await parley.deliver.deliver([record(id, bob, messageId), record(id, carol)]);
  await world.fanOutAll();
  expect([heard(alice), heard(bob), heard(carol)]).toEqual([[1], [1], ['FORBIDDEN']]);
  await parley.deliver.deliver([record(id, bob, messageId)]);
  await world.fanOutAll();
  expect([heard(alice), heard(bob)]).toEqual([[], [1]]);
});

test('a record whose jobs could not be queued comes again, and what it was to tell is told once', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  // The last call of a delivery, and of the same one again, is the one that queues the jobs.
  const another = record(id);
  const [calls = 0, callsAgain = 0] = [await callsOf(another), await callsOf(another)];
  await world.fanOutAll();
  heard(bob);
  const one = record(id);
  const unlucky = world.container(new FaultSource([...Array(calls - 1).fill('none'), 'before']));
  expect(await unlucky.deliver.deliver([one])).toEqual([one]);
  const answerLost = world.container(new FaultSource([...Array(callsAgain - 1).fill('none'), 'after']));
  expect(await answerLost.deliver.deliver([one])).toEqual([one]);
  expect(await parley.deliver.deliver([one])).toEqual([]);
  await world.fanOutAll();
  expect(heard(bob)).toEqual([2]);
});

async function callsOf(one: StreamRecord): Promise<number> {
  const counted = new FaultSource([]);
  await world.container(counted).deliver.deliver([one]);
  return counted.calls;
}

test('jobs that wait are carried out as one, in order, in as few events as fit', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  for (let count = 0; count < 3; count += 1) await say(id);
  const jobs = [];
  for (const [fromSeq, toSeq] of [
    [3, 3],
    [1, 2],
    [2, 2],
  ]) {
    const bucket = bucketOfConnection(bob);
    const body = JSON.stringify({ version: 1, conversationId: id, bucket, fromSeq, toSeq });
    jobs.push({ messageId: `${fromSeq}`, receiptHandle: '', receiveCount: 1, body });
  }
  expect(await parley.fanOut.fanOut(jobs)).toEqual([]);
  expect(world.connections.posted.get(bob)).toHaveLength(1);
  expect(heard(bob)).toEqual([1, 2, 3]);
  await world.fanOutAll();
});

test('a post that is throttled is tried again; one that fails costs nobody else anything', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  await connect(parley, alice);
  world.connections.throttled.set(bob, 5);
  await say(id);
  await world.fanOutAll();
  expect([heard(alice), heard(bob)]).toEqual([[1], [1]]);
});

test('a connection that is gone is forgotten, unless it is too young to tell', async () => {
  const id = await largeGroup();
  const old = Date.now() - 60_000;
  await connect(parley, bob, 'old', old);
  await connect(parley, bob, 'young');
  world.connections.gone.add('old').add('young');
  await say(id);
  await world.fanOutAll();
  const left = (await parley.stores.presence.connectionsOf(bob)).map((one) => one.connectionId);
  expect(left).toEqual(['young']);
  world.connections.gone.clear();
  await say(id);
  await world.fanOutAll();
  expect([heard('old'), heard('young')]).toEqual([[], [2]]);
  // A heartbeat of the one that was there after all brings it back.
  const { isNew } = await parley.stores.presence.register({
    userId: bob,
    connectionId: 'old',
    connectedAt: old,
    lastSeenAt: Date.now(),
  });
  expect(isNew).toBe(true);
});

test('a sync subscribes a connection that is not, and writes nothing for one that is', async () => {
  const id = await largeGroup();
  const now = Date.now();
  const connection = { userId: bob, connectionId: bob, connectedAt: now, lastSeenAt: now, authEpoch: 1 };
  await parley.stores.presence.register(connection);
  await parley.subscriptions.mend(connection);
  expect(await connectionsIn(id)).toEqual([bob]);
  const counted = new FaultSource([]);
  await world.container(counted).subscriptions.mend(connection);
  expect(counted.calls).toBe(2); // The marks, and the subscriptions.
});

test('a job whose reading fails comes again with its whole bucket; others are carried out', async () => {
  const id = await largeGroup();
  const other = await writeGroup(parley, bob, [alice, ...crowd], { subscriptions: 'complete' });
  await connect(parley, bob);
  await say(id);
  await say(other);
  const jobs = [...(await world.receiveJobs()), ...(await world.receiveJobs())];
  expect(jobs).toHaveLength(2);
  const unlucky = world.container(new FaultSource(['before']));
  const failed = await unlucky.fanOut.fanOut(jobs);
  expect(failed).toHaveLength(1);
  expect(heard(bob)).toEqual([1]);
  expect(await parley.fanOut.fanOut(failed)).toEqual([]);
  expect(heard(bob)).toEqual([1]);
  await world.deleteJobs(jobs);
});

test('a subscription whose time is over is not pushed to', async () => {
  const id = await largeGroup();
  await connect(parley, bob, bob, Date.now() - 3 * 60 * 60 * 1000);
  await say(id);
  await world.fanOutAll();
  expect(heard(bob)).toEqual([]);
});

test('who is removed hears no more, though the removing dies right after it was written', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  // The count of conversations, head, caller, member, and the transaction.
  const dying = world.container(new FaultSource(['none', 'none', 'none', 'none', 'death']));
  await expect(dying.members.remove(alice, id, bob)).rejects.toThrow();
  expect(await parley.stores.inbox.row(bob, id)).toBeUndefined();
  await say(id);
  await world.fanOutAll();
  expect(heard(bob)).toEqual([]);
  // Back again, the same connection receives again.
  await parley.members.add(alice, id, [bob]);
  await say(id);
  await world.fanOutAll();
  expect(heard(bob)).toEqual(['conversation', 2]);
});

thoroughTest('a joining that died half-way is finished when it is repeated', async () => {
  const id = await largeGroup();
  await connect(parley, carol);
  const counted = new FaultSource([]);
  await world.container(counted).members.add(alice, id, [dave]);
  for (let calls = 5; calls < counted.calls; calls += 1) {
    const dying = world.container(new FaultSource([...Array(calls).fill('none'), 'death']));
    await dying.members.add(alice, id, [carol]).catch(() => undefined);
    await parley.members.add(alice, id, [carol]);
    world.connections.posted.delete(carol);
    await say(id);
    await world.fanOutAll();
    expect(heard(carol), `died at call ${calls}`).toHaveLength(1);
    await parley.members.remove(alice, id, carol);
    heard(carol);
  }
});

test('what is said while somebody joins is announced to them', async () => {
  const id = await largeGroup();
  await connect(parley, carol);
  const container = world.container();
  const subscribe = container.subscriptions.subscribe.bind(container.subscriptions);
  container.subscriptions.subscribe = async (members) => {
    await say(id);
    await world.fanOutAll();
    await subscribe(members);
  };
  await container.members.add(alice, id, [carol]);
  const frames = (world.connections.posted.get(carol) ?? []).map((frame): ServerEvent => JSON.parse(frame));
  expect(frames.map((event) => event.type === 'conversation' && event.conversation.lastSeq)).toEqual([0, 1]);
});

thoroughTest(
  'subscribing a group can die at any call, and is finished by the next who adds a member',
  async () => {
    const counted = new FaultSource([]);
    const grow = async (container: Container, id: string) => container.members.add(alice, id, [carol]);
    const small = () => writeGroup(parley, alice, [bob, ...crowd.slice(0, 148)]);
    await connect(parley, alice);
    await connect(parley, bob);
    await grow(world.container(counted), await small());
    // The first calls, some among the marks, and the last ones.
    const deaths = [2, 4, 5, 60, 104, 106, 108, 158, 161, 164];
    expect(counted.calls).toBeGreaterThan(160);
    for (const calls of deaths) {
      const id = await small();
      const dying = world.container(new FaultSource([...Array(calls).fill('none'), 'death']));
      await grow(dying, id).catch(() => undefined);
      await grow(parley, id);
      await parley.members.add(alice, id, [dave]);
      const head = await parley.stores.conversations.head(id);
      expect(head, `died at call ${calls}`).toMatchObject({ subscriptions: 'complete', memberCount: 152 });
      for (const userId of [alice, bob, carol, dave, crowd[0] ?? '', crowd[147] ?? '']) {
        const marks = await parley.stores.inbox.subscribed(userId);
        expect(
          marks.map((mark) => mark.conversationId),
          `died at call ${calls}`,
        ).toContain(id);
      }
      expect(await connectionsIn(id), `died at call ${calls}`).toEqual([alice, bob].sort());
    }
  },
);

async function connectionsIn(id: string): Promise<string[]> {
  const found: string[] = [];
  for (let bucket = 0; bucket < 16; bucket += 1) {
    for (const { connectionId } of await parley.stores.subscriptions.inBucket(id, bucket))
      found.push(connectionId);
  }
  return found.sort();
}

test('a group that shrinks stays large, and tells its members what small groups are told', async () => {
  const id = await largeGroup();
  await connect(parley, bob);
  for (const userId of crowd.slice(0, 25)) await parley.members.remove(alice, id, userId);
  expect(await parley.stores.conversations.head(id)).toMatchObject({ memberCount: 197, isLarge: true });
  heard(bob);
  await say(id);
  await world.fanOutAll();
  expect(heard(bob)).toEqual([1]);
  await parley.markers.markRead({ userId: alice, authEpoch: 1 }, id, 1);
  await parley.markers.markRead({ userId: bob, authEpoch: 1 }, id, 1);
  expect(heard(bob)).toEqual(['read']);
});

test('a heartbeat of one who is in many large groups reads a hundred of them, each minute others', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 250; count += 1) {
    ids.push(await writeGroup(parley, alice, [], { subscriptions: 'complete', isLarge: true }));
  }
  let now = 0;
  const counted = new FaultSource([]);
  const { inbox } = world.container(counted, () => now);
  for (const index of [0, 120, 249]) {
    const id = ids[index] ?? '';
    await say(id);
    const { lastActivityAt } = (await parley.stores.conversations.head(id)) ?? {};
    const seen: unknown[] = [];
    for (let minute = 0; minute < 3; minute += 1) {
      const before = counted.calls;
      seen.push(await inbox.latestActivityAt(alice));
      // The newest of the index, the marks, and one batch of heads.
      expect(counted.calls - before).toBe(3);
      now += 60_000;
    }
    expect(seen).toContain(lastActivityAt);
  }
}, 60_000);
