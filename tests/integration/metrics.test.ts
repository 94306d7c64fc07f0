/** What each service counts, and how much of it. How it is written to the log is in tests/e2e/observing.test.ts. */
import { randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import { OfflineMembers } from '../../lambdas/services/offline-members.ts';
import { RateLimiter } from '../../lambdas/services/rate-limiter.ts';
import { EventBus } from '../../lambdas/stores/event-bus.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import { bucketIdOf, bucketOfConnection } from '../../shared/domain/large-groups.ts';
import { defaultRateLimits } from '../../shared/domain/rate-limit.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

let parley: Container;
let alice: string;
let bob: string;
let conversationId: string;

/** Alice and Bob, each with a connection named like them. */
beforeEach(async () => {
  parley = world.container();
  [alice = '', bob = ''] = await world.users(2);
  for (const userId of [alice, bob]) await connect(userId, userId);
  const group = { title: 'Two', memberIds: [bob] };
  conversationId = (await parley.conversations.createGroup(alice, group)).conversation.conversationId;
});

async function connect(userId: string, connectionId: string): Promise<void> {
  // Long enough ago to be removed where it is gone.
  const connectedAt = Date.now() - 60_000;
  await parley.stores.presence.register({ userId, connectionId, connectedAt, lastSeenAt: connectedAt });
}

let sequenceNumber = 0;

function record(message: Partial<AcceptedMessage>): StreamRecord {
  const whole: AcceptedMessage = {
    version: 1,
    acceptId: randomUUID(),
    acceptedAt: new Date().toISOString(),
    conversationId,
    senderId: bob,
    messageId: 'm1',
    type: 'text',
    content: 'hello',
    ...message,
  };
  sequenceNumber += 1;
  return {
    sequenceNumber: String(sequenceNumber),
    eventId: `shard:${sequenceNumber}`,
    partitionKey: whole.conversationId,
    data: Buffer.from(JSON.stringify(whole)).toString('base64'),
  };
}

const counted = () => Object.fromEntries(parley.counted);

test('an accepted message is counted when the stream has it, and not when it is refused', async () => {
  await parley.accept.accept(
    { userId: alice, authEpoch: 1 },
    { conversationId, messageId: 'm1', content: 'hello' },
  );
  await expect(
    parley.accept.accept(
      { userId: alice, authEpoch: 1 },
      { conversationId: 'cnv_other', messageId: 'm2', content: 'hello' },
    ),
  ).rejects.toThrow();
  expect(counted()).toEqual({ MessagesAccepted: [1] });
});

test('stored messages are counted once, whatever is delivered again', async () => {
  const batch = [record({ messageId: 'm1' }), record({ messageId: 'm2' })];
  await parley.deliver.deliver(batch);
  await parley.deliver.deliver(batch);
  expect(parley.counted.get('MessagesStored')).toEqual([2]);
  expect(parley.counted.get('Duplicates')).toBeUndefined();
});

test('what a client sent again is a duplicate, in the same batch and in another; a conflict is none', async () => {
  await parley.deliver.deliver([record({}), record({})]);
  await parley.deliver.deliver([record({})]);
  await parley.deliver.deliver([record({ content: 'other' })]);
  expect(parley.counted.get('Duplicates')).toEqual([1, 1]);
  expect(parley.counted.get('MessagesStored')).toEqual([1]);
});

test('an append that loses the race for the end of the log is a sequence retry', async () => {
  const { conversations } = parley.stores;
  const head = conversations.head.bind(conversations);
  let raced = false;
  conversations.head = async (id) => {
    const read = await head(id);
    if (!raced) {
      raced = true;
      await world.container().deliver.deliver([record({ messageId: 'between' })]);
    }
    return read;
  };
  await parley.deliver.deliver([record({})]);
  expect(parley.counted.get('SequenceRetries')).toEqual([1]);
  expect(parley.counted.get('MessagesStored')).toEqual([1]);
});

test('push latency is measured for each post, from the oldest message in it', async () => {
  const acceptedAt = (msAgo: number) => new Date(Date.now() - msAgo).toISOString();
  await parley.deliver.deliver([
    record({ messageId: 'm1', acceptedAt: acceptedAt(50_000) }),
    record({ messageId: 'm2', acceptedAt: acceptedAt(1_000) }),
  ]);
  const latencies = parley.counted.get('PushLatency') ?? [];
  expect(latencies).toHaveLength(2);
  for (const latency of latencies) {
    expect(latency).toBeGreaterThanOrEqual(50_000);
    expect(latency).toBeLessThan(100_000);
  }
});

test('a clock that is behind the one that accepted makes no negative latency', async () => {
  await parley.deliver.deliver([record({ acceptedAt: new Date(Date.now() + 3_600_000).toISOString() })]);
  expect(parley.counted.get('PushLatency')).toEqual([0, 0]);
});

test('a connection that is gone and one that fails are counted apart, and neither has a latency', async () => {
  await connect(bob, 'gone');
  await connect(bob, 'failing');
  world.connections.gone.add('gone');
  world.connections.failing.add('failing');
  await parley.deliver.deliver([record({})]);
  expect(counted()).toEqual({
    MessagesStored: [1],
    GoneConnections: [1],
    PushFailures: [1],
    PushLatency: [expect.any(Number), expect.any(Number)],
  });
  expect(await parley.stores.presence.connectionsOf(bob)).not.toContainEqual(
    expect.objectContaining({ connectionId: 'gone' }),
  );
});

test('only what comes too fast is counted as limited', async () => {
  const refusals: string[] = [];
  const limiter = new RateLimiter(
    parley.stores.rateLimits,
    parley.stores.rateLimits,
    { ...defaultRateLimits, messages: { perSecond: 0.001, burst: 2 } },
    (metric) => refusals.push(metric),
  );
  await limiter.take('messages', alice);
  await limiter.take('messages', alice);
  expect(refusals).toEqual([]);
  await expect(limiter.take('messages', alice)).rejects.toThrow();
  expect(refusals).toEqual(['RateLimited']);
});

test('pushes to a large group have their latency too, and are counted by the connections they went for', async () => {
  await parley.deliver.deliver([record({ messageId: 'm1' }), record({ messageId: 'm2' })]);
  const connectedAt = Date.now() - 60_000;
  const bucket = bucketOfConnection(alice);
  const subscription = { userId: alice, connectionId: alice, connectedAt, joinedAt: 'since then' };
  // As a member of a group that is large: making one takes 200 more.
  await parley.documents.send(
    new PutCommand({
      TableName: world.table('Subscriptions'),
      Item: { bucketId: bucketIdOf(conversationId, bucket), ...subscription },
    }),
  );
  parley.counted.clear();
  const job = (seq: number, msAgo: number) => ({
    messageId: `job ${seq}`,
    receiptHandle: '',
    receiveCount: 1,
    body: JSON.stringify({
      version: 1,
      conversationId,
      bucket,
      fromSeq: seq,
      toSeq: seq,
      acceptedAt: Date.now() - msAgo,
    }),
  });
  expect(await parley.fanOut.fanOut([job(1, 50_000), job(2, 1_000)])).toEqual([]);
  expect(counted()).toEqual({ FanoutConnections: [1], PushLatency: [expect.any(Number)] });
  expect(parley.counted.get('PushLatency')?.[0]).toBeGreaterThanOrEqual(50_000);
});

test('an event for each message that a member without a connection missed, without content, and none for the rest', async () => {
  const [carol = ''] = await world.users(1);
  await parley.members.add(alice, conversationId, [carol]);
  parley.counted.clear();
  await parley.deliver.deliver([
    record({ messageId: 'm1', content: 'a secret' }),
    record({ messageId: 'm2', senderId: carol }),
  ]);
  const told = world.offlineMessages(conversationId);
  expect(told).toEqual([
    {
      version: 1,
      conversationId,
      seq: 1,
      messageId: 'm1',
      senderId: bob,
      createdAt: expect.any(String),
      memberIds: [carol],
    },
  ]);
  expect(parley.counted.get('OfflineEvents')).toEqual([1]);
});

test('everybody is there: nobody is told of', async () => {
  await parley.deliver.deliver([record({})]);
  expect(world.offlineMessages(conversationId)).toEqual([]);
  expect(parley.counted.has('OfflineEvents')).toBe(false);
});

test('a bus that cannot be reached is reported, and keeps nobody', async () => {
  await parley.deliver.deliver([record({})]);
  const { messages } = await parley.stores.messages.after(conversationId, 0, 1);
  const reported: string[] = [];
  const counted: string[] = [];
  const client = new EventBridgeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: 'http://127.0.0.1:9',
  });
  const offline = new OfflineMembers(
    new EventBus(client, 'events'),
    (what) => reported.push(what),
    (metric) => counted.push(metric),
  );
  await offline.tell(messages, [alice]);
  client.destroy();
  expect(reported).toEqual(['offline members were not told of']);
  expect(counted).toEqual([]);
});
