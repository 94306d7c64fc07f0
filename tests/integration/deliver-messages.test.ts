import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { FaultSource } from '../faults/faults.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());

let alice: string;
let bob: string;
let conversationId: string;

/** Alice and Bob, each with a connection named like them, in a group of their own. */
beforeEach(async () => {
  [alice = '', bob = ''] = await world.users(2);
  const now = Date.now();
  for (const userId of [alice, bob]) {
    await parley.stores.presence.register({
      userId,
      connectionId: userId,
      connectedAt: now,
      lastSeenAt: now,
    });
  }
  const group = { title: 'Two', memberIds: [bob] };
  conversationId = (await parley.conversations.createGroup(alice, group)).conversation.conversationId;
  world.connections.posted.clear();
});

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

/** What a user's connection got since the last look: each message by its id, everything else by its type or code. */
function heard(userId: string): string[] {
  const frames = world.connections.posted.get(userId) ?? [];
  world.connections.posted.delete(userId);
  return frames.flatMap((frame) => {
    const event: ServerEvent = JSON.parse(frame);
    if (event.type === 'message') return event.messages.map((message) => message.messageId);
    return [event.type === 'error' ? event.code : event.type];
  });
}

async function log(): Promise<string[]> {
  const { messages } = await parley.stores.messages.after(conversationId, 0, 100);
  return messages.map((message) => `${message.seq} ${message.messageId} ${message.content}`);
}

test('the first message brings the conversation with it, the next does not', async () => {
  expect(await parley.deliver.deliver([record({})])).toEqual([]);
  expect(heard(alice)).toEqual(['conversation', 'm1']);
  expect(heard(bob)).toEqual(['conversation', 'm1']);
  await parley.deliver.deliver([record({ messageId: 'm2' })]);
  expect(heard(alice)).toEqual(['m2']);
});

test('a redelivery is stored once, and told to all again', async () => {
  const first = record({});
  await parley.deliver.deliver([first]);
  heard(alice);
  await world.container().deliver.deliver([first, first]);
  expect(await log()).toEqual(['1 m1 hello']);
  expect(heard(alice)).toContain('m1');
});

test("a client's retry is stored once, and told to its sender alone", async () => {
  await parley.deliver.deliver([record({})]);
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([record({})]);
  expect(await log()).toEqual(['1 m1 hello']);
  expect([heard(alice), heard(bob)]).toEqual([[], ['m1']]);
});

test('other content under the same id is a conflict, told to its sender alone, also within one batch', async () => {
  await parley.deliver.deliver([record({}), record({ content: 'changed' })]);
  await parley.deliver.deliver([record({ content: 'changed' })]);
  expect(await log()).toEqual(['1 m1 hello']);
  expect(heard(alice)).toEqual(['conversation', 'm1']);
  expect(heard(bob)).toEqual(['conversation', 'm1', 'CONFLICT', 'CONFLICT']);
});

test('of two resends in one batch the one that is what is stored is no conflict', async () => {
  await parley.deliver.deliver([record({})]);
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([record({ content: 'changed' }), record({})]);
  expect(await log()).toEqual(['1 m1 hello']);
  expect([heard(alice), heard(bob)]).toEqual([[], ['m1', 'CONFLICT']]);
});

test('the same id in another conversation is a conflict, and the other is not touched', async () => {
  const other = await parley.conversations.createGroup(bob, { title: 'Other', memberIds: [] });
  await parley.deliver.deliver([record({})]);
  await parley.deliver.deliver([record({ conversationId: other.conversation.conversationId })]);
  expect(heard(bob)).toContain('CONFLICT');
  const { messages } = await parley.stores.messages.after(other.conversation.conversationId, 0, 10);
  expect(messages).toEqual([]);
});

test('what someone sent and left before it was stored is refused', async () => {
  await parley.deliver.deliver([record({ senderId: alice, messageId: 'a1' })]);
  await parley.members.remove(bob, conversationId, bob);
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([record({}), record({ senderId: alice, messageId: 'a2' })]);
  expect(await log()).toEqual(['1 a1 hello', '2 a2 hello']);
  expect([heard(alice), heard(bob)]).toEqual([['a2'], ['FORBIDDEN']]);
});

test('what someone sent and left after it was stored is still told to those who stay, when it comes again', async () => {
  const first = record({});
  await parley.deliver.deliver([first]);
  await parley.members.remove(bob, conversationId, bob);
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([first]);
  expect([heard(alice), heard(bob)]).toEqual([['conversation', 'm1'], []]);
});

test('a conversation that fails gives back its records from the failed one on, and the other one is stored', async () => {
  const other = (await parley.conversations.createGroup(alice, { title: 'Other', memberIds: [] }))
    .conversation;
  const batch = [
    record({ messageId: 'm1' }),
    record({ conversationId: other.conversationId, senderId: alice, messageId: 'o1' }),
    record({ messageId: 'm2' }),
  ];
  // The two conversations' first reads run side by side: the first of them fails.
  const unlucky = world.container(new FaultSource(['before']));
  expect(await unlucky.deliver.deliver(batch)).toEqual([batch[0], batch[2]]);
  expect(await log()).toEqual([]);
  const { messages } = await parley.stores.messages.after(other.conversationId, 0, 10);
  expect(messages.map((message) => message.messageId)).toEqual(['o1']);

  expect(await unlucky.deliver.deliver(batch)).toEqual([]);
  expect(await log()).toEqual(['1 m1 hello', '2 m2 hello']);
});

test('a batch of more than one transaction is dense, in order, and told in one event', async () => {
  const ids = Array.from({ length: 120 }, (_, index) => `m${index}`);
  expect(await parley.deliver.deliver(ids.map((messageId) => record({ messageId })))).toEqual([]);
  expect(await log()).toEqual(ids.slice(0, 100).map((messageId, index) => `${index + 1} ${messageId} hello`));
  const events = (world.connections.posted.get(alice) ?? []).filter((frame) => frame.includes('"message"'));
  expect(events).toHaveLength(1);
  expect(heard(alice)).toEqual(['conversation', ...ids]);
});
