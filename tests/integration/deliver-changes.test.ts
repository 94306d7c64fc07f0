import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChangedMessages } from '../../lambdas/services/changed-messages.ts';
import type { StreamRecord } from '../../lambdas/services/deliver-records.ts';
import type { QueuedJob } from '../../lambdas/services/fan-out.ts';
import { History } from '../../lambdas/services/history.ts';
import { MessageStore } from '../../lambdas/stores/message-store.ts';
import type { AcceptedChange, MessageChange } from '../../shared/domain/accepted-change.ts';
import type { Message } from '../../shared/protocol/entities.ts';
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

/** A group of Alice, its admin, and Bob, each with a connection named like them, in which Bob has said three things. */
beforeEach(async () => {
  [alice = '', bob = ''] = await world.users(2);
  for (const userId of [alice, bob]) await connect(parley, userId);
  const group = { title: 'Two', memberIds: [bob] };
  conversationId = (await parley.conversations.createGroup(alice, group)).conversation.conversationId;
  await say(conversationId, ['one', 'two', 'three']);
  world.connections.posted.clear();
});

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
  return (await parley.changed.after(conversationId, after, 100)).messages.map(shown);
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

test('what did nothing, or was refused, is not made later, when its record comes again', async () => {
  await parley.deliver.deliver([react('👍', { userId: alice })]);
  await parley.members.setRole(alice, conversationId, bob, 'admin');
  await parley.members.setRole(bob, conversationId, alice, 'member');
  const takenBack = change({ type: 'react', emoji: '👍', op: 'remove' }, { userId: alice });
  const refused = change({ type: 'delete' }, { userId: alice });
  const batch = [react('👍', { userId: alice }), takenBack, refused];
  await parley.deliver.deliver(batch);
  await parley.members.setRole(bob, conversationId, alice, 'admin');
  heard(alice);
  await world.container().deliver.deliver(batch);
  const { content, reactions } = (await parley.stores.messages.message(conversationId, 1)) ?? {};
  expect([content, reactions]).toEqual(['one', undefined]);
  expect(heard(alice)).toEqual(['1-2', '1@2 one', '1-2', '1@2 one', 'FORBIDDEN deleteMessage']);
});

test('a record that stands twice in a batch that fails takes nothing with it', async () => {
  const first = edit('uno');
  const between = edit('due', { seq: 2 });
  const again = { ...first, sequenceNumber: 'again' };
  // The head, the messages, and the transaction with all tries of the SDK.
  const broken = world.container(new FaultSource(['none', 'none', ...Array(20).fill('before')]));
  expect(await broken.deliver.deliver([first, between, again])).toEqual([first, between, again]);
});

test('what changes nothing gets no revision, and is told to its user alone', async () => {
  await parley.deliver.deliver([
    edit('one'),
    change({ type: 'react', emoji: '👍', op: 'remove' }, { seq: 2 }),
  ]);
  expect(await lastRevision()).toBe(0);
  expect([heard(alice), heard(bob)]).toEqual([[], ['0-0', '1@undefined one', '0-0', '2@undefined two']]);
});

test('also of a message that was changed before', async () => {
  await parley.deliver.deliver([edit('uno')]);
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([edit('uno')]);
  expect([heard(alice), heard(bob)]).toEqual([[], ['0-1', '1@1 uno']]);
});

test('what is not allowed is told to its user alone, and the rest goes on', async () => {
  const [stranger = ''] = await world.users(1);
  await connect(parley, stranger);
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

test('what someone changed and left after it was stored is still told to those who stay, when it comes again', async () => {
  const known = [edit('uno'), react('👍', { seq: 2 })];
  await parley.deliver.deliver(known);
  await parley.members.remove(bob, conversationId, bob);
  heard(alice);
  heard(bob);
  await parley.deliver.deliver([...known, edit('gone', { seq: 3 })]);
  expect(await lastRevision()).toBe(2);
  expect([heard(alice), heard(bob)]).toEqual([['0-2', '1@1 uno', '2@2 two'], ['FORBIDDEN editMessage']]);
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

test('more changes than fit one transaction are all applied, in order, and told as one event', async () => {
  const batch = Array.from({ length: 60 }, (_, index) => edit(`version ${index}`, { seq: 1 + (index % 3) }));
  expect(await parley.deliver.deliver(batch)).toEqual([]);
  expect(await lastRevision()).toBe(60);
  expect(await changes()).toEqual(['1@58 version 57', '2@59 version 58', '3@60 version 59']);
  expect(heard(alice).filter((one) => /^\d+-\d+$/.test(String(one)))).toEqual(['0-60']);
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

test('a page of which every message changes while it is read does not say that there are no more', async () => {
  await parley.deliver.deliver([edit('0')]);
  const { changes: places, inbox } = parley.stores;
  class EverChanging extends MessageStore {
    override async messages(id: string, seqs: readonly number[]) {
      await parley.deliver.deliver([edit(randomUUID())]);
      return super.messages(id, seqs);
    }
  }
  const changing = new EverChanging(parley.documents, world.table('MessagesByConversation'));
  const history = new History(inbox, changing, new ChangedMessages(places, changing));
  const page = await history.page(alice, { conversationId, changedAfter: 0 });
  expect(page).toEqual({ items: [], nextCursor: '0' });
});

test('a page goes on where the one before ended, and moves with what is changed meanwhile', async () => {
  await parley.deliver.deliver([edit('uno'), edit('due', { seq: 2 }), edit('tre', { seq: 3 })]);
  const first = await parley.changed.after(conversationId, 0, 2);
  expect([first.messages.map(shown), first.more]).toEqual([['1@1 uno', '2@2 due'], true]);
  await parley.deliver.deliver([edit('eins')]);
  const second = await parley.changed.after(conversationId, 2, 2);
  expect([second.messages.map(shown), second.more]).toEqual([['3@3 tre', '1@4 eins'], false]);
});

/** The same in a group of 222, in which Bob has said two things. */
async function inLargeGroup(): Promise<void> {
  const crowd = Array.from({ length: 220 }, () => `usr_${randomUUID()}`);
  conversationId = await writeGroup(parley, alice, [bob, ...crowd], { subscriptions: 'complete' });
  for (const userId of [alice, bob]) await connect(parley, userId);
  await say(conversationId, ['one', 'two']);
  await world.fanOutAll();
  world.connections.posted.clear();
}

test('an erasure that finds nothing of the user in a message tells nobody', async () => {
  expect(await parley.deliver.deliver([change({ type: 'erase' }, { userId: alice })])).toEqual([]);
  expect([await lastRevision(), heard(alice), heard(bob)]).toEqual([0, [], []]);
});

test('in a large group what changes nothing is no job', async () => {
  await inLargeGroup();
  await parley.deliver.deliver([edit('one')]);
  expect([await world.receiveJobs(), heard(alice), heard(bob)]).toEqual([[], [], ['0-0', '1@undefined one']]);
});

test('in a large group the fan-out brings what has changed, once for several jobs', async () => {
  await inLargeGroup();
  expect(await parley.deliver.deliver([edit('uno'), edit('due', { seq: 2 })])).toEqual([]);
  expect(await parley.deliver.deliver([react('👍', { userId: alice })])).toEqual([]);
  expect(heard(bob)).toEqual([]);
  await world.fanOutAll();
  expect([heard(alice), heard(bob)]).toEqual(Array(2).fill(['0-3', '2@2 due', '1@3 uno']));
});

test('in a large group nobody is made to think that something is missing, however fast a message changes', async () => {
  await inLargeGroup();
  const told: unknown[] = [];
  let waiting: QueuedJob[] = [];
  // Each batch is stored before the job of the one before it is carried out.
  for (const emoji of ['👍', '🎉', '❤️', '🔥']) {
    await parley.deliver.deliver([react(emoji, { userId: alice })]);
    const late = waiting;
    await parley.fanOut.fanOut(late);
    await world.deleteJobs(late);
    told.push(...heard(bob));
    waiting = await world.receiveJobs();
  }
  await parley.fanOut.fanOut(waiting);
  await world.deleteJobs(waiting);
  told.push(...heard(bob));
  expect(told).toEqual(['0-2', '1@2 one', '1-3', '1@3 one', '2-4', '1@4 one', '3-4', '1@4 one']);
});

test('in a large group a redelivery queues as few jobs as the delivery did', async () => {
  await inLargeGroup();
  await say(conversationId, Array.from({ length: 58 }, String));
  await world.fanOutAll();
  const batch = Array.from({ length: 60 }, (_, index) => edit('changed', { seq: index + 1 }));
  const jobs = async () => {
    const received = await world.receiveJobs();
    await world.deleteJobs(received);
    return received.length;
  };
  await parley.deliver.deliver(batch);
  const once = await jobs();
  await world.container().deliver.deliver(batch);
  // The queue recognises those of the redelivery.
  expect([once > 0, await jobs()]).toEqual([true, 0]);
});

test('an erasure empties what the user said and takes back their reactions, without their being a member', async () => {
  await say(conversationId, ['four']);
  await parley.deliver.deliver([react('👍', { userId: alice }), react('🎉')]);
  await parley.members.remove(bob, conversationId, bob);
  heard(alice);
  const erasures = [1, 2, 3, 4].map((seq) => change({ type: 'erase' }, { seq }));
  expect(await parley.deliver.deliver(erasures)).toEqual([]);
  const told = ['2-6', '1@3 ', '2@4 ', '3@5 ', '4@6 '];
  expect(heard(alice)).toEqual(told);
  heard(bob);
  // Again, those who stay may not have heard of it; who is erased hears nothing.
  expect(await parley.deliver.deliver(erasures)).toEqual([]);
  expect(await lastRevision()).toBe(6);
  expect([heard(alice), heard(bob)]).toEqual([told, []]);
  expect((await parley.stores.conversations.head(conversationId))?.lastMessagePreview?.text).toBe('');
});

test('the reactions of one batch are told as one event, though they take several transactions', async () => {
  const emoji = Array.from({ length: 45 }, (_, index) => String.fromCodePoint(0x1f600 + index));
  const records = [alice, bob].flatMap((userId) =>
    emoji.map((one) => change({ type: 'react', emoji: one, op: 'add' }, { userId })),
  );
  expect(await parley.deliver.deliver(records)).toEqual([]);
  for (const userId of [alice, bob]) {
    const frames = (world.connections.posted.get(userId) ?? []).map(
      (frame): ServerEvent => JSON.parse(frame),
    );
    expect(frames).toMatchObject([
      { type: 'messageChanged', afterRevision: 0, lastRevision: records.length },
    ]);
    expect(frames[0]).toMatchObject({ messages: [{ revision: records.length }] });
  }
});

test('a change in a group of two takes seven calls', async () => {
  await parley.deliver.deliver([edit('uno')]);
  const counted = new FaultSource([]);
  // Head, members, message, transaction, and presence; and two posts.
  await world.container(counted).deliver.deliver([edit('due')]);
  expect(counted.calls).toBe(7);
});

test('what is refused is told with its action and the id of the message', async () => {
  const { messageId } = (await parley.stores.messages.message(conversationId, 1)) ?? {};
  const batch = [edit('mine', { userId: alice }), edit('none', { userId: alice, seq: 99 })];
  const error = { type: 'error', message: expect.any(String), action: 'editMessage' };
  for (const _ of ['once', 'again']) {
    await parley.deliver.deliver(batch);
    const frames = world.connections.posted.get(alice) ?? [];
    world.connections.posted.delete(alice);
    expect(frames.map((frame) => JSON.parse(frame))).toEqual([
      { ...error, code: 'FORBIDDEN', messageId },
      { ...error, code: 'NOT_FOUND' },
    ]);
  }
});

test('a known change and a new one to the same message are told as one', async () => {
  const first = edit('uno');
  await parley.deliver.deliver([first]);
  heard(alice);
  await parley.deliver.deliver([first, edit('eins')]);
  expect(heard(alice)).toEqual(['1-2', '1@2 eins']);
});

test('a message is never said to be edited before it was written', async () => {
  const ahead = new Date(Date.now() + 60_000).toISOString();
  await parley.documents.send(
    new UpdateCommand({
      TableName: world.table('Conversations'),
      Key: { conversationId },
      UpdateExpression: 'SET lastActivityAt = :ahead',
      ExpressionAttributeValues: { ':ahead': ahead },
    }),
  );
  await say(conversationId, ['four']);
  await parley.deliver.deliver([edit('quattro', { seq: 4 }), edit('uno')]);
  const editedAt = async (seq: number) =>
    (await parley.stores.messages.message(conversationId, seq))?.editedAt ?? '';
  expect(await editedAt(4)).toBe(ahead);
  expect((await editedAt(1)) < ahead).toBe(true);
});

test('changes of different messages that come again are told by their revisions, without what is between', async () => {
  const [first, second, third] = [edit('uno'), edit('due', { seq: 2 }), edit('tre', { seq: 3 })];
  await parley.deliver.deliver([first, second, third]);
  heard(alice);
  await parley.deliver.deliver([third, first]);
  expect(heard(alice)).toEqual(['0-1', '1@1 uno', '2-3', '3@3 tre']);
  await parley.deliver.deliver([third, second, first]);
  expect(heard(alice)).toEqual(['0-3', '1@1 uno', '2@2 due', '3@3 tre']);
});

test('of one who has left nothing is remembered that was refused', async () => {
  const records = async () => (await parley.stores.records.some(bob, 100)).length;
  const before = await records();
  await parley.deliver.deliver([edit('mine', { userId: alice }), change({ type: 'delete' }, { seq: 99 })]);
  expect(await records()).toBe(before + 1);
  await parley.members.remove(bob, conversationId, bob);
  await parley.deliver.deliver([edit('gone')]);
  expect(await records()).toBe(before + 1);
});

test('a batch that fails half-way tells what it stored, and the rest comes again', async () => {
  const batch = Array.from({ length: 60 }, (_, index) => edit(`version ${index}`));
  const container = world.container();
  const { changeLog } = container.stores;
  const settle = changeLog.settle.bind(changeLog);
  changeLog.settle = async (position, outcome) => {
    if (position.lastRevision > 0) throw new Error('away');
    return settle(position, outcome);
  };
  expect(await container.deliver.deliver(batch)).toEqual(batch.slice(24));
  expect(heard(alice)).toEqual(['0-24', '1@24 version 23']);
  expect(container.reported).toEqual(['changes could not be stored']);
});

describe('what operators see of changes', () => {
  test('how far each came, and how many were made', async () => {
    const { messageId } = (await parley.stores.messages.message(conversationId, 1)) ?? {};
    const container = world.container();
    const first = edit('uno');
    await container.deliver.deliver([
      first,
      react('👍', { userId: alice }),
      edit('mine', { userId: alice }),
      edit('none', { seq: 99 }),
    ]);
    expect(container.hops.filter(({ step }) => step !== 'pushed')).toEqual([
      { step: 'changed', conversationId, messageId, seq: 1, revision: 2 },
      { step: 'refused', conversationId, messageId, code: 'FORBIDDEN' },
    ]);
    expect(container.counted.get('ChangesStored')).toEqual([2]);
    await container.deliver.deliver([first, edit('uno')]);
    expect(container.counted.get('ChangesStored')).toEqual([2]);
    expect(container.counted.has('SequenceRetries')).toBe(false);
  });
});

describe('where another delivery is faster', () => {
  test('the change is made to the message as that one left it, which is counted', async () => {
    // Head, members, message; and the transaction.
    const late = world.overtaken(3, () => parley.deliver.deliver([react('👍', { userId: alice })]));
    expect(await late.deliver.deliver([edit('uno')])).toEqual([]);
    const message = await parley.stores.messages.message(conversationId, 1);
    expect(message).toMatchObject({ content: 'uno', reactions: { '👍': [alice] }, revision: 2 });
    expect(late.counted.get('SequenceRetries')).toEqual([1]);
  });

  test('again and again, it is given up after twelve attempts, and comes again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0); // Pauses are no part of it.
    const container = world.container();
    let attempts = 0;
    container.stores.changeLog.settle = async () => {
      attempts += 1;
      return { outcome: 'lost', known: new Map() };
    };
    const batch = [edit('uno'), edit('due')];
    expect(await container.deliver.deliver(batch)).toEqual(batch);
    expect([attempts, container.reported]).toEqual([12, ['changes could not be stored']]);
  });
});
