import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import type { AcceptedChange, MessageChange } from '../../shared/domain/accepted-change.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { FaultSource } from '../faults/faults.ts';
import { writeGroup } from '../support/group-rows.ts';
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

/** A group of Alice, its admin, and Bob, each with a connection named like them, in which Bob has said three things. */
beforeEach(async () => {
  [alice = '', bob = ''] = await world.users(2);
  for (const userId of [alice, bob]) await connect(userId);
  const group = { title: 'Two', memberIds: [bob] };
  conversationId = (await parley.conversations.createGroup(alice, group)).conversation.conversationId;
  await say(conversationId, ['one', 'two', 'three']);
  world.connections.posted.clear();
});

async function connect(userId: string): Promise<void> {
  const now = Date.now();
  const connection = { userId, connectionId: userId, connectedAt: now, lastSeenAt: now };
  await parley.stores.presence.register(connection);
  await parley.subscriptions.open(connection);
}

let sequenceNumber = 0;
function record(accepted: { conversationId: string }): StreamRecord {
  sequenceNumber += 1;
  return {
    sequenceNumber: String(sequenceNumber),
    eventId: `shard:${sequenceNumber}`,
    partitionKey: accepted.conversationId,
    data: Buffer.from(JSON.stringify(accepted)).toString('base64'),
  };
}

async function say(id: string, contents: string[]): Promise<void> {
  const records = contents.map((content) =>
    record(
      Object.assign(
        { version: 1, acceptId: randomUUID(), acceptedAt: new Date().toISOString(), type: 'text', content },
        { conversationId: id, senderId: bob, messageId: randomUUID() },
      ),
    ),
  );
  expect(await parley.deliver.deliver(records)).toEqual([]);
}

function change(change: MessageChange, fields: Partial<AcceptedChange> = {}): StreamRecord {
  const accepted: AcceptedChange = {
    version: 1,
    kind: 'change',
    acceptId: randomUUID(),
    acceptedAt: new Date().toISOString(),
    conversationId,
    seq: 1,
    userId: bob,
    change,
    ...fields,
  };
  return record(accepted);
}

const edit = (content: string, fields?: Partial<AcceptedChange>) => change({ type: 'edit', content }, fields);
const react = (emoji: string, fields?: Partial<AcceptedChange>) =>
  change({ type: 'react', emoji, op: 'add' }, fields);

const shown = ({ seq, revision, content }: Message) => `${seq}@${revision} ${content}`;

/** What a user's connection got since the last look. */
function heard(userId: string): unknown[] {
  const frames = world.connections.posted.get(userId) ?? [];
  world.connections.posted.delete(userId);
  return frames.flatMap((frame): unknown[] => {
    const event: ServerEvent = JSON.parse(frame);
    if (event.type === 'error') return [`${event.code} ${event.action}`];
    if (event.type !== 'messageChanged') return [event.type];
    return [`${event.afterRevision}-${event.lastRevision}`, ...event.messages.map(shown)];
  });
}

async function changes(after = 0): Promise<string[]> {
  return (await parley.changed.between(conversationId, after, 1_000, 100)).messages.map(shown);
}

const lastRevision = async () => (await parley.stores.conversations.head(conversationId))?.lastRevision;

test('each change gets the next revision, and every member hears of a batch of them in one event', async () => {
  const batch = [edit('uno'), edit('due', { seq: 2 }), react('👍', { userId: alice })];
  expect(await parley.deliver.deliver(batch)).toEqual([]);
  expect(await lastRevision()).toBe(3);
  expect([heard(alice), heard(bob)]).toEqual(Array(2).fill(['0-3', '2@2 due', '1@3 uno']));
  expect(await changes()).toEqual(['2@2 due', '1@3 uno']);
  expect(await changes(2)).toEqual(['1@3 uno']);
  const message = await parley.stores.messages.message(conversationId, 1);
  expect(message).toMatchObject({ content: 'uno', reactions: { '👍': [alice] }, revision: 3 });
});

test('a redelivery is applied once though other changes came between, and told to all again', async () => {
  const [first, second] = [edit('uno'), edit('eins')];
  await parley.deliver.deliver([first]);
  await parley.deliver.deliver([second]);
  heard(alice);
  expect(await world.container().deliver.deliver([first, second])).toEqual([]);
  expect([await lastRevision(), await changes()]).toEqual([2, ['1@2 eins']]);
  expect(heard(alice)).toEqual(['1-2', '1@2 eins']);
});

test('a redelivery of what has become impossible since is no error', async () => {
  const first = edit('uno');
  await parley.deliver.deliver([first, change({ type: 'delete' }, { userId: alice })]);
  heard(bob);
  await parley.deliver.deliver([first]);
  expect(heard(bob)).toEqual(['1-2', '1@2 ']);
});

test('new changes in one batch with known ones are applied', async () => {
  const first = edit('uno');
  await parley.deliver.deliver([first]);
  heard(alice);
  await parley.deliver.deliver([first, edit('due', { seq: 2 })]);
  expect(heard(alice)).toEqual(['1-2', '2@2 due', '0-1', '1@1 uno']);
});

test('what changes nothing gets no revision, and is told to its user alone', async () => {
  await parley.deliver.deliver([
    edit('one'),
    change({ type: 'react', emoji: '👍', op: 'remove' }, { seq: 2 }),
  ]);
  expect(await lastRevision()).toBe(0);
  expect([heard(alice), heard(bob)]).toEqual([[], ['0-0', '1@undefined one', '0-0', '2@undefined two']]);
});

test('what is not allowed is told to its user alone, and the rest goes on', async () => {
  const [stranger = ''] = await world.users(1);
  await connect(stranger);
  await parley.deliver.deliver([
    edit('mine', { userId: alice }),
    react('👍', { userId: stranger }),
    change({ type: 'delete' }, { seq: 99 }),
    change({ type: 'delete' }, { seq: 2, userId: alice }),
    edit('two!', { seq: 2 }),
  ]);
  expect(heard(stranger)).toEqual(['FORBIDDEN react']);
  expect(heard(alice)).toEqual(['0-1', '2@1 ', 'FORBIDDEN editMessage']);
  expect(heard(bob)).toEqual(['0-1', '2@1 ', 'NOT_FOUND deleteMessage', 'CONFLICT editMessage']);
});

test('one who has left changes nothing any more', async () => {
  await parley.members.remove(bob, conversationId, bob);
  heard(bob);
  await parley.deliver.deliver([edit('gone')]);
  expect([await changes(), heard(bob)]).toEqual([[], ['FORBIDDEN editMessage']]);
});

test('the preview follows the newest message, and no other', async () => {
  const preview = async () =>
    (await parley.stores.conversations.head(conversationId))?.lastMessagePreview?.text;
  await parley.deliver.deliver([edit('first')]);
  expect(await preview()).toBe('three');
  await parley.deliver.deliver([edit('third', { seq: 3 })]);
  expect(await preview()).toBe('third');
  await parley.deliver.deliver([change({ type: 'delete' }, { seq: 3, userId: alice })]);
  expect(await preview()).toBe('');
});

test('more changes than fit one transaction are all applied, in order', async () => {
  const batch = Array.from({ length: 60 }, (_, index) => edit(`version ${index}`, { seq: 1 + (index % 3) }));
  expect(await parley.deliver.deliver(batch)).toEqual([]);
  expect(await lastRevision()).toBe(60);
  expect(await changes()).toEqual(['1@58 version 57', '2@59 version 58', '3@60 version 59']);
  expect(heard(alice).filter((one) => /^\d+-\d+$/.test(String(one)))).toEqual(['0-24', '24-48', '48-60']);
});

test('wherever a delivery dies, the same records again end in the same place', async () => {
  const batch = () => [edit('uno'), react('👍', { userId: alice }), edit('due', { seq: 2 })];
  const counted = new FaultSource([]);
  await world.container(counted).deliver.deliver(batch());
  for (let call = 0; call < counted.calls; call += 1) {
    for (const fault of ['before', 'after', 'death'] as const) {
      const records = [
        edit(`${fault} ${call}`),
        react('🎉', { seq: 3, userId: alice }),
        edit('tre', { seq: 3 }),
      ];
      const before = (await lastRevision()) ?? 0;
      const unlucky = world.container(new FaultSource([...Array(call).fill('none'), fault]));
      await unlucky.deliver.deliver(records).catch(() => records);
      expect(await parley.deliver.deliver(records)).toEqual([]);
      const head = await parley.stores.conversations.head(conversationId);
      // The first changes always something, the others only the first time.
      expect(head?.lastRevision).toBe(before + (before === 3 ? 3 : 1));
      expect((await changes(before)).at(-1)).toContain(before === 3 ? 'tre' : `${fault} ${call}`);
    }
  }
});

test('a page goes on where the one before ended, and moves with what is changed meanwhile', async () => {
  await parley.deliver.deliver([edit('uno'), edit('due', { seq: 2 }), edit('tre', { seq: 3 })]);
  const first = await parley.changed.between(conversationId, 0, 1_000, 2);
  expect([first.messages.map(shown), first.more]).toEqual([['1@1 uno', '2@2 due'], true]);
  await parley.deliver.deliver([edit('eins')]);
  const second = await parley.changed.between(conversationId, 2, 1_000, 2);
  expect([second.messages.map(shown), second.more]).toEqual([['3@3 tre', '1@4 eins'], false]);
});

test('in a large group the fan-out brings what has changed, once for several jobs', async () => {
  const crowd = Array.from({ length: 220 }, () => `usr_${randomUUID()}`);
  conversationId = await writeGroup(parley, alice, [bob, ...crowd], { subscriptions: 'complete' });
  for (const userId of [alice, bob]) await connect(userId);
  await say(conversationId, ['one', 'two']);
  await world.fanOutAll();
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([edit('uno'), edit('due', { seq: 2 })]);
  await parley.deliver.deliver([react('👍', { userId: alice })]);
  expect(heard(bob)).toEqual([]);
  await world.fanOutAll();
  expect([heard(alice), heard(bob)]).toEqual(Array(2).fill(['0-3', '2@2 due', '1@3 uno']));
});

test('an erasure empties what the user said and takes back their reactions, without their being a member', async () => {
  await say(conversationId, ['four']);
  await parley.deliver.deliver([react('👍', { userId: alice }), react('🎉')]);
  await parley.members.remove(bob, conversationId, bob);
  heard(alice);
  const erasures = [1, 2, 3, 4].map((seq) => change({ type: 'erase' }, { seq }));
  expect(await parley.deliver.deliver(erasures)).toEqual([]);
  expect(heard(alice)).toEqual(['2-6', '1@3 ', '2@4 ', '3@5 ', '4@6 ']);
  expect(await parley.deliver.deliver(erasures)).toEqual([]);
  expect(await lastRevision()).toBe(6);
  expect((await parley.stores.conversations.head(conversationId))?.lastMessagePreview?.text).toBe('');
});
