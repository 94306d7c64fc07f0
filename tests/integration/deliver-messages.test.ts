import { randomUUID } from 'node:crypto';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { FaultSource } from '../faults/faults.ts';
import { connect } from '../support/connect.ts';
import { writeGroup } from '../support/group-rows.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());
afterEach(() => vi.restoreAllMocks());

let alice: string;
let bob: string;
let conversationId: string;

/** Alice and Bob, each with a connection named like them, in a group of their own. */
beforeEach(async () => {
  [alice = '', bob = ''] = await world.users(2);
  for (const userId of [alice, bob]) await connect(parley, userId);
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
  const container = world.container();
  await container.deliver.deliver([first, first]);
  expect(await log()).toEqual(['1 m1 hello']);
  expect(heard(alice)).toEqual(['conversation', 'm1']);
  // No client sent anything twice.
  expect(container.counted.has('Duplicates')).toBe(false);
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
  const container = world.container();
  expect(await container.deliver.deliver(ids.map((messageId) => record({ messageId })))).toEqual([]);
  expect(await log()).toEqual(ids.slice(0, 100).map((messageId, index) => `${index + 1} ${messageId} hello`));
  const events = (world.connections.posted.get(alice) ?? []).filter((frame) => frame.includes('"message"'));
  expect(events).toHaveLength(1);
  expect(heard(alice)).toEqual(['conversation', ...ids]);
  expect(container.counted.get('MessagesStored')).toEqual([49, 49, 22]);
  expect(container.counted.has('SequenceRetries')).toBe(false);
});

/** What a user's connection got, in full. */
function events(userId: string): ServerEvent[] {
  return (world.connections.posted.get(userId) ?? []).map((frame): ServerEvent => JSON.parse(frame));
}

async function stored(seq = 1) {
  return (await parley.stores.messages.message(conversationId, seq)) ?? expect.fail('No message');
}

test('a message to a group of two takes eight calls', async () => {
  await parley.deliver.deliver([record({})]);
  const counted = new FaultSource([]);
  const container = world.container(counted);
  // Head, members, transaction, two inbox rows, and presence; and two posts.
  await container.deliver.deliver([record({ messageId: 'm2' })]);
  expect(counted.calls).toBe(8);
  // The members of this version are remembered.
  await container.deliver.deliver([record({ messageId: 'm3' })]);
  expect(counted.calls).toBe(15);
});

test('a member who joins is remembered too', async () => {
  const [carol = ''] = await world.users(1);
  await parley.deliver.deliver([record({})]);
  await parley.members.add(alice, conversationId, [carol]);
  await connect(parley, carol);
  await parley.deliver.deliver([record({ messageId: 'm2' }), record({ messageId: 'm3', senderId: carol })]);
  expect(heard(carol)).toEqual(['conversation', 'm2', 'm3']);
});

test('25 inbox rows are written at once', async () => {
  const others = Array.from({ length: 40 }, () => `usr_${randomUUID()}`);
  conversationId = await writeGroup(parley, alice, [bob, ...others]);
  const counted = new FaultSource([]);
  await world.container(counted).deliver.deliver([record({})]);
  expect(counted.most).toBe(25);
});

test('a sender has read what it sent, and the others have not', async () => {
  const read = async (userId: string) => {
    const { lastSeq, lastReadSeq, lastActivityAt } =
      (await parley.stores.inbox.row(userId, conversationId)) ?? expect.fail('No row');
    return [lastSeq, lastReadSeq, lastActivityAt];
  };
  await parley.deliver.deliver([
    record({ messageId: 'm1' }),
    record({ messageId: 'm2' }),
    record({ messageId: 'm3', senderId: alice }),
  ]);
  const { createdAt } = await stored(3);
  expect([await read(alice), await read(bob)]).toEqual([
    [3, 3, createdAt],
    [3, 2, createdAt],
  ]);
});

test('a message is stored as it was sent', async () => {
  await parley.deliver.deliver([record({}), record({ messageId: 'm2', content: 'yes', replyTo: 1 })]);
  const createdAt = expect.any(String);
  const message = { conversationId, senderId: bob, type: 'text', createdAt };
  expect(await stored(1)).toEqual({ ...message, seq: 1, messageId: 'm1', content: 'hello' });
  expect(await stored(2)).toEqual({ ...message, seq: 2, messageId: 'm2', content: 'yes', replyTo: 1 });
  expect(events(alice).at(-1)).toEqual({
    type: 'message',
    messages: [await stored(1), await stored(2)],
  });
});

test('a message is never dated before the one before it', async () => {
  const ahead = new Date(Date.now() + 60_000).toISOString();
  await parley.documents.send(
    new UpdateCommand({
      TableName: world.table('Conversations'),
      Key: { conversationId },
      UpdateExpression: 'SET lastActivityAt = :ahead',
      ExpressionAttributeValues: { ':ahead': ahead },
    }),
  );
  await parley.deliver.deliver([record({})]);
  expect((await stored()).createdAt).toBe(ahead);
});

test('what is refused is told to its sender with its action and its id', async () => {
  await parley.members.remove(bob, conversationId, bob);
  world.connections.posted.clear();
  await parley.deliver.deliver([record({ messageId: 'late' })]);
  const message = expect.any(String);
  const error = { type: 'error', code: 'FORBIDDEN', message, action: 'sendMessage', messageId: 'late' };
  expect(events(bob)).toEqual([error]);
});

test('messages that come again in another order are told by their numbers', async () => {
  const [first, second] = [record({ messageId: 'm1' }), record({ messageId: 'm2' })];
  await parley.deliver.deliver([first, second]);
  heard(alice);
  await parley.deliver.deliver([second, first]);
  expect(heard(alice)).toEqual(['conversation', 'm1', 'm2']);
  heard(bob);
  await parley.deliver.deliver([record({ messageId: 'm2' }), record({ messageId: 'm1' })]);
  expect(heard(bob)).toEqual(['m1', 'm2']);
});

test('known messages and new ones in one batch keep their order', async () => {
  const first = record({ messageId: 'm1' });
  await parley.deliver.deliver([first]);
  heard(alice);
  await parley.deliver.deliver([record({ messageId: 'm2' }), first, record({ messageId: 'm3' })]);
  expect(await log()).toEqual(['1 m1 hello', '2 m2 hello', '3 m3 hello']);
  expect(heard(alice)).toEqual(['conversation', 'm1', 'm2', 'm3']);
});

test('other content under the id of a message that was refused is refused too', async () => {
  await parley.members.remove(bob, conversationId, bob);
  heard(bob);
  await parley.deliver.deliver([record({}), record({ content: 'changed' })]);
  expect([await log(), heard(bob)]).toEqual([[], ['FORBIDDEN', 'CONFLICT']]);
});

test('members without a connection are told of elsewhere, the sender is not', async () => {
  const [carol = ''] = await world.users(1);
  await parley.members.add(alice, conversationId, [carol]);
  await parley.deliver.deliver([record({ senderId: carol })]);
  expect(world.offlineMessages(conversationId)).toEqual([]);
  await parley.deliver.deliver([record({ messageId: 'm2' })]);
  const [event, ...more] = world.offlineMessages(conversationId);
  expect([event?.messageId, event?.memberIds, more]).toEqual(['m2', [carol], []]);
});

test('where nobody knows who is connected, nobody is told of elsewhere', async () => {
  const [carol = ''] = await world.users(1);
  await parley.members.add(alice, conversationId, [carol]);
  const container = world.container();
  container.stores.presence.connectionsOfAll = () => Promise.reject(new Error('away'));
  expect(await container.deliver.deliver([record({})])).toEqual([]);
  expect(container.reported).toEqual(['connections could not be found']);
  expect(world.offlineMessages(conversationId)).toEqual([]);
});

describe('what operators see of a delivery', () => {
  test('how far each message came', async () => {
    const [carol = ''] = await world.users(1);
    await parley.deliver.deliver([record({})]);
    const container = world.container();
    await container.deliver.deliver([
      record({}),
      record({ messageId: 'm2' }),
      record({ messageId: 'm3', senderId: carol }),
    ]);
    const hops = container.hops.filter(({ step }) => step !== 'pushed');
    expect(hops).toEqual([
      { step: 'stored', conversationId, messageId: 'm2', seq: 2 },
      { step: 'recognised', conversationId, messageId: 'm1', seq: 1 },
      { step: 'refused', conversationId, messageId: 'm3', code: 'FORBIDDEN' },
    ]);
  });

  test('how much was stored, and what was sent twice', async () => {
    const container = world.container();
    await container.deliver.deliver([record({}), record({}), record({ messageId: 'm2' })]);
    await container.deliver.deliver([record({})]);
    expect(Object.fromEntries(container.counted)).toMatchObject({ MessagesStored: [2], Duplicates: [1, 1] });
    expect(container.counted.has('SequenceRetries')).toBe(false);
    expect(heard(bob)).toEqual(['conversation', 'm1', 'm2', 'm1']);
  });

  test('how long the oldest of an event’s messages took', async () => {
    await parley.deliver.deliver([record({})]);
    const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
    const container = world.container();
    await container.deliver.deliver([
      record({ messageId: 'm2', acceptedAt: ago(1_000_000) }),
      record({ messageId: 'm3', acceptedAt: ago(2_000_000) }),
      record({ messageId: 'm4', acceptedAt: ago(1_000_000) }),
    ]);
    const latencies = container.counted.get('PushLatency') ?? [];
    expect(latencies).toHaveLength(2);
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(2_000_000);
    expect(Math.max(...latencies)).toBeLessThan(3_000_000);
  });
});

describe('where another delivery is faster', () => {
  test('the message goes after what that one stored, which is counted', async () => {
    // Head, members; and the transaction.
    const late = world.overtaken(2, () => parley.deliver.deliver([record({ messageId: 'other' })]));
    expect(await late.deliver.deliver([record({})])).toEqual([]);
    expect(await log()).toEqual(['1 other hello', '2 m1 hello']);
    expect(late.counted.get('SequenceRetries')).toEqual([1]);
  });

  test('again and again, it is given up after twelve attempts, and comes again with what follows', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0); // Pauses are no part of it.
    const container = world.container();
    let attempts = 0;
    container.stores.log.append = async () => {
      attempts += 1;
      return { outcome: 'refused', known: new Map() };
    };
    const batch = Array.from({ length: 60 }, (_, index) => record({ messageId: `m${index}` }));
    expect(await container.deliver.deliver(batch)).toEqual(batch);
    expect([attempts, container.reported]).toEqual([12, ['messages could not be stored']]);
    expect(container.counted.get('SequenceRetries')).toHaveLength(12);
  });

  test('and then it fails, only what is not settled comes again', async () => {
    const [known, fresh] = [record({ messageId: 'm1' }), record({ messageId: 'm2' })];
    await parley.deliver.deliver([known]);
    heard(alice);
    const container = world.container();
    const { log: appends } = container.stores;
    const append = appends.append.bind(appends);
    appends.append = async (position, entries) => {
      if (entries.length === 1) throw new Error('away');
      return append(position, entries);
    };
    expect(await container.deliver.deliver([known, fresh])).toEqual([fresh]);
    expect(heard(alice)).toEqual(['conversation', 'm1']);
  });
});

test('a message that is remembered and not there comes again, until somebody has looked', async () => {
  const first = record({});
  await parley.deliver.deliver([first]);
  await parley.documents.send(
    new DeleteCommand({ TableName: world.table('MessagesByConversation'), Key: { conversationId, seq: 1 } }),
  );
  const container = world.container();
  expect(await container.deliver.deliver([first])).toEqual([first]);
  expect(container.reported).toEqual(['messages could not be stored']);
});
