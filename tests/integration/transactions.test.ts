/** What each transaction of the stores writes, and that it writes nothing where the tables are not as it was told they are. */
import { randomUUID } from 'node:crypto';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { newHead, newRow } from '../../lambdas/services/new-conversation.ts';
import { type ChangeOutcome, type ChangePosition, isChangeKey } from '../../lambdas/stores/change-log.ts';
import type { ConversationHead } from '../../lambdas/stores/conversation-store.ts';
import { newDocumentClient } from '../../lambdas/stores/dynamo.ts';
import type { Membership } from '../../lambdas/stores/inbox-store.ts';
import type { LogEntry } from '../../lambdas/stores/message-log.ts';
import { UserStore } from '../../lambdas/stores/user-store.ts';
import type { AcceptedChange, MessageChange } from '../../shared/domain/accepted-change.ts';
import { bucketOfConnection } from '../../shared/domain/large-groups.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { type Fault, FaultSource } from '../faults/faults.ts';
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
beforeEach(async () => {
  [alice, bob] = [`usr_${randomUUID()}`, `usr_${randomUUID()}`];
  conversationId = await writeGroup(parley, alice, [bob]);
});

async function head(id = conversationId): Promise<ConversationHead> {
  return (await parley.stores.conversations.head(id)) ?? expect.fail('There is no such conversation');
}

async function member(userId: string) {
  return (await parley.stores.memberships.member(conversationId, userId)) ?? expect.fail('No such member');
}

/** The rows of the conversation, and of Alice and Bob, in all tables: to be compared before and after. */
async function rows(): Promise<unknown[]> {
  const inTable = async (name: string, key: string, values: string[]) => {
    const found = values.map(async (value) => {
      const { Items } = await parley.documents.send(
        new QueryCommand({
          TableName: world.table(name),
          KeyConditionExpression: `${key} = :value`,
          ExpressionAttributeValues: { ':value': value },
          ConsistentRead: true,
        }),
      );
      return Items;
    });
    return Promise.all(found);
  };
  const ofConversation = ['Conversations', 'MembersByConversation', 'MessagesByConversation', 'Changes'];
  return Promise.all([
    ...ofConversation.map((name) => inTable(name, 'conversationId', [conversationId])),
    inTable('ConversationsByUser', 'userId', [alice, bob]),
    inTable('Idempotency', 'senderId', [alice, bob]),
    inTable('EndedMemberships', 'conversationId', [conversationId]),
  ]);
}

/** Whatever is not about the conditions of a transaction is passed on: here a failed call, and conflicts that do not end. */
async function passesFailuresOn(write: (container: Container) => Promise<unknown>): Promise<void> {
  const before = await rows();
  const failing = (fault: Fault, times: number) => world.container(new FaultSource(Array(times).fill(fault)));
  await expect(write(failing('before', 1))).rejects.toThrow('injected: failed before');
  // Two for each of six attempts: the SDK tries again by itself.
  await expect(write(failing('conflict', 12))).rejects.toThrow('injected: conflict');
  expect(await rows()).toEqual(before);
}

function entry(seq: number, messageId: string, content = `content of ${messageId}`): LogEntry {
  const createdAt = '2026-01-02T03:04:05.000Z';
  const message: Message = {
    conversationId,
    seq,
    messageId,
    senderId: alice,
    type: 'text',
    content,
    createdAt,
  };
  return { message, acceptId: `accept ${messageId}`, fingerprint: `fingerprint of ${content}` };
}

function recordOf({ message, acceptId, fingerprint }: LogEntry) {
  const { senderId, messageId, seq } = message;
  return { senderId, messageId, conversationId, seq, acceptId, fingerprint };
}

async function messages(): Promise<Message[]> {
  return (await parley.stores.messages.after(conversationId, 0, 100)).messages;
}

describe('appending messages', () => {
  test('moves the conversation on, and stores messages and what is remembered of them', async () => {
    const { log } = parley.stores;
    const entries = [entry(1, 'm1'), entry(2, 'm2')];
    const before = await head();
    expect(await log.append(before, entries)).toEqual({ outcome: 'appended' });
    expect(await head()).toEqual({
      ...before,
      lastSeq: 2,
      lastActivityAt: '2026-01-02T03:04:05.000Z',
      lastMessagePreview: { seq: 2, senderId: alice, text: 'content of m2' },
    });
    expect(await messages()).toEqual(entries.map(({ message }) => message));
    const records = entries.map(recordOf);
    expect(await log.idempotencyRecord(alice, 'm1')).toEqual(records[0]);
    expect(await log.idempotencyRecord(bob, 'm1')).toBeUndefined();
    const asked = ['m1', 'm2', 'm3', 'm1'].map((messageId) => ({ senderId: alice, messageId }));
    expect(await log.idempotencyRecords(asked)).toEqual(
      new Map([
        [`${alice}/m1`, records[0]],
        [`${alice}/m2`, records[1]],
      ]),
    );
  });

  test('does nothing where the conversation stands elsewhere, or has other members', async () => {
    const now = await head();
    const before = await rows();
    for (const position of [
      { ...now, lastSeq: 1 },
      { ...now, membersVersion: now.membersVersion + 1 },
    ]) {
      const refused = await parley.stores.log.append(position, [entry(position.lastSeq + 1, 'm1')]);
      expect(refused).toEqual({ outcome: 'refused', known: new Map() });
    }
    expect(await rows()).toEqual(before);
  });

  test('does nothing where one of the messages was stored before, and tells which', async () => {
    const { log } = parley.stores;
    const first = entry(1, 'm1');
    await log.append(await head(), [first]);
    const before = await rows();
    const refused = await log.append(await head(), [entry(2, 'm2'), entry(3, 'm1', 'other')]);
    expect(refused).toEqual({ outcome: 'refused', known: new Map([[`${alice}/m1`, recordOf(first)]]) });
    expect(await rows()).toEqual(before);
  });

  test('never writes over a message, though the head of a restored table should lag behind', async () => {
    const beginning = await head();
    await parley.stores.log.append(beginning, [entry(1, 'm1')]);
    await parley.documents.send(new PutCommand({ TableName: world.table('Conversations'), Item: beginning }));
    const before = await rows();
    const refused = await parley.stores.log.append(beginning, [entry(1, 'm2')]);
    expect(refused).toEqual({ outcome: 'refused', known: new Map() });
    expect(await rows()).toEqual(before);
  });

  test('takes at least one message, and passes failures on', async () => {
    const position = await head();
    await expect(parley.stores.log.append(position, [])).rejects.toThrow('nothing to append');
    await passesFailuresOn(({ stores }) => stores.log.append(position, [entry(1, 'm1')]));
  });
});

describe('settling changes', () => {
  let one: Message;
  let two: Message;
  let position: ChangePosition;
  beforeEach(async () => {
    [one, two] = [entry(1, 'm1').message, entry(2, 'm2').message];
    await parley.stores.log.append(await head(), [entry(1, 'm1'), entry(2, 'm2')]);
    position = await head();
  });

  function changeOf(seq: number, acceptId: string, what: MessageChange['type'] = 'edit'): AcceptedChange {
    const change: MessageChange =
      what === 'edit'
        ? { type: what, content: 'new' }
        : what === 'react'
          ? { type: what, op: 'add', emoji: '+' }
          : { type: what };
    const acceptedAt = new Date().toISOString();
    return {
      version: 1,
      kind: 'change',
      acceptId,
      acceptedAt,
      conversationId,
      seq,
      userId: alice,
      change,
    };
  }

  /** Each message edited once, with revisions that go on from `from`. */
  function edits(from: number, befores: Message[], acceptIds: string[]): ChangeOutcome {
    const entries = befores.map((before, index) => {
      const revision = from + 1 + index;
      const message = { ...before, content: `edited as ${revision}`, revision };
      return {
        before,
        message,
        changes: [{ change: changeOf(before.seq, acceptIds[index] ?? ''), revision }],
      };
    });
    return { entries, unchanged: [], refused: [] };
  }

  const changes = (after: number) => parley.stores.changes.after(conversationId, after, 10);
  const recordFor = (acceptId: string, seq: number) => ({
    senderId: alice,
    messageId: `change:${acceptId}`,
    conversationId,
    seq,
  });

  test('stores the messages, their places, and what came of each change', async () => {
    const before = await head();
    const outcome: ChangeOutcome = {
      ...edits(0, [one, two], ['a', 'b']),
      unchanged: [changeOf(1, 'c', 'react'), changeOf(1, 'erased', 'erase')],
      refused: [{ change: changeOf(2, 'd', 'delete'), code: 'FORBIDDEN' }],
    };
    expect(await parley.stores.changeLog.settle(position, outcome)).toEqual({ outcome: 'settled' });
    expect(await head()).toEqual({
      ...before,
      lastRevision: 2,
      lastMessagePreview: { seq: 2, senderId: alice, text: 'edited as 2' },
    });
    expect(await messages()).toEqual(outcome.entries.map(({ message }) => message));
    expect((await changes(0)).places).toMatchObject([
      { seq: 1, revision: 1 },
      { seq: 2, revision: 2 },
    ]);
    const asked = ['a', 'b', 'c', 'd', 'erased'].map((acceptId) => ({
      senderId: alice,
      messageId: `change:${acceptId}`,
    }));
    expect([...(await parley.stores.log.idempotencyRecords(asked)).values()]).toEqual(
      expect.arrayContaining([
        { ...recordFor('a', 1), revision: 1 },
        { ...recordFor('b', 2), revision: 2 },
        recordFor('c', 1),
        { ...recordFor('d', 2), refusedWith: 'FORBIDDEN' },
      ]),
    );
    expect(await parley.stores.log.idempotencyRecords(asked)).toHaveProperty('size', 4);
  });

  test('moves a message that changes again to its new place, and leaves the preview of a newer one', async () => {
    await parley.stores.changeLog.settle(position, edits(0, [one], ['a']));
    const before = await head();
    const [changed = one] = await messages();
    await parley.stores.changeLog.settle(before, edits(1, [changed], ['b']));
    expect((await changes(0)).places).toMatchObject([{ seq: 1, revision: 2 }]);
    expect(await head()).toEqual({ ...before, lastRevision: 2 });
    expect((await messages())[0]).toMatchObject({ content: 'edited as 2', revision: 2 });
  });

  test('counts every change of a message, and stores it once', async () => {
    const message = { ...two, content: 'twice', revision: 2 };
    const twice = ['a', 'b'].map((acceptId, index) => ({
      change: changeOf(2, acceptId),
      revision: index + 1,
    }));
    const entries = [{ before: two, message, changes: twice }];
    await parley.stores.changeLog.settle(position, { entries, unchanged: [], refused: [] });
    expect(await head()).toMatchObject({ lastRevision: 2 });
    expect((await changes(0)).places).toMatchObject([{ seq: 2, revision: 2 }]);
  });

  test('remembers what did nothing without touching the conversation', async () => {
    const stale = { ...position, lastRevision: 9, lastSeq: 9, membersVersion: 9 };
    const outcome = { entries: [], unchanged: [changeOf(1, 'a')], refused: [] };
    const before = await head();
    expect(await parley.stores.changeLog.settle(stale, outcome)).toEqual({ outcome: 'settled' });
    expect(await head()).toEqual(before);
    expect(await parley.stores.log.idempotencyRecord(alice, 'change:a')).toEqual(recordFor('a', 1));
    // An erasure that does nothing is nothing to write.
    const nothing = { entries: [], unchanged: [changeOf(1, 'b', 'erase')], refused: [] };
    const noCalls = new FaultSource(['before']);
    const settled = await world.container(noCalls).stores.changeLog.settle(position, nothing);
    expect([settled, noCalls.calls]).toEqual([{ outcome: 'settled' }, 0]);
  });

  test('does nothing where the conversation moved on, or a change was settled before, and tells which', async () => {
    const before = await rows();
    for (const elsewhere of [
      { ...position, lastRevision: 1 },
      { ...position, lastSeq: 3 },
      { ...position, membersVersion: position.membersVersion + 1 },
    ]) {
      const lost = await parley.stores.changeLog.settle(elsewhere, edits(0, [one], ['a']));
      expect(lost).toEqual({ outcome: 'lost', known: new Map() });
    }
    expect(await rows()).toEqual(before);

    const remembered = { entries: [], unchanged: [changeOf(2, 'b')], refused: [] };
    await parley.stores.changeLog.settle(position, remembered);
    const after = await rows();
    const lost = await parley.stores.changeLog.settle(position, edits(0, [one, two], ['a', 'b']));
    expect(lost).toEqual({ outcome: 'lost', known: new Map([['b', recordFor('b', 2)]]) });
    expect(await rows()).toEqual(after);
  });

  test('is remembered of each change but an erasure, apart from what is remembered of messages', async () => {
    const { log, changeLog } = parley.stores;
    const outcome = edits(0, [one], ['a']);
    await changeLog.settle(position, outcome);
    expect(await changeLog.record(changeOf(1, 'a'))).toEqual({ ...recordFor('a', 1), revision: 1 });
    expect(await changeLog.record(changeOf(1, 'b'))).toBeUndefined();
    const noCalls = new FaultSource(['before']);
    const { stores } = world.container(noCalls);
    expect(await stores.changeLog.record(changeOf(1, 'a', 'erase'))).toBeUndefined();
    expect(noCalls.calls).toBe(0);

    const asked = ['m1', 'change:a'].map((messageId) => ({ senderId: alice, messageId }));
    const records = [...(await log.idempotencyRecords(asked)).values()];
    const ofChanges = records.filter(({ messageId }) => isChangeKey(messageId));
    expect([records.length, ofChanges.map(({ messageId }) => messageId)]).toEqual([2, ['change:a']]);
  });

  test('passes failures on', async () => {
    await passesFailuresOn(({ stores }) => stores.changeLog.settle(position, edits(0, [one], ['a'])));
  });
});

describe('memberships', () => {
  const someone = () => `usr_${randomUUID()}`;

  test('a conversation is created once, whole or not at all', async () => {
    const { memberships, conversations, inbox } = parley.stores;
    const made = newHead(`cnv_${randomUUID()}`, 'GROUP', 'New', alice, { memberCount: 2, adminCount: 1 });
    const [first, second] = [newRow(made, alice, 'admin'), newRow(made, bob, 'member')];
    expect(await memberships.create(made, [first, second])).toBe(true);
    expect(await conversations.head(made.conversationId)).toEqual(made);
    expect(await inbox.row(bob, made.conversationId)).toEqual(second);
    expect(await memberships.all(made.conversationId)).toEqual(
      [first, second]
        .map(({ userId, role, joinedAt }) => ({
          conversationId: made.conversationId,
          userId,
          role,
          joinedAt,
          joinedSeq: 0,
        }))
        .sort((one, other) => (one.userId < other.userId ? -1 : 1)),
    );
    expect(await memberships.create({ ...made, title: 'Again' }, [newRow(made, someone(), 'admin')])).toBe(
      false,
    );
    expect(await conversations.head(made.conversationId)).toEqual(made);
    expect(await memberships.all(made.conversationId)).toHaveLength(2);

    // A member's row that is there already is no conversation that is: something is wrong, and is not hidden.
    const other = { ...made, conversationId: `cnv_${randomUUID()}` };
    const stray = newRow(other, alice, 'admin');
    await parley.documents.send(
      new PutCommand({ TableName: world.table('ConversationsByUser'), Item: stray }),
    );
    await expect(memberships.create(other, [stray])).rejects.toThrow();
    expect(await conversations.head(other.conversationId)).toBeUndefined();
    await passesFailuresOn(({ stores }) => stores.memberships.create(other, []));
  });

  test('members are added at the conversation as it was read', async () => {
    const { memberships, inbox } = parley.stores;
    await parley.stores.log.append(await head(), [entry(1, 'm1')]);
    const before = await head();
    const carol = newRow(before, someone(), 'member');
    expect(await memberships.add(before, [carol], ['usr_waiting'])).toBe(true);
    const after = { ...before, membersVersion: before.membersVersion + 1, memberCount: 3 };
    expect(await head()).toEqual({ ...after, pendingMemberIds: ['usr_waiting'] });
    expect(await inbox.row(carol.userId, conversationId)).toEqual(carol);
    expect(await member(carol.userId)).toMatchObject({ joinedSeq: 1, role: 'member' });

    // Who waits stays where nothing is said of it, and is gone where nobody waits any more.
    expect(await memberships.add(await head(), [newRow(before, someone(), 'member')])).toBe(true);
    expect(await head()).toMatchObject({ pendingMemberIds: ['usr_waiting'], memberCount: 4 });
    expect(await memberships.add(await head(), [], [])).toBe(true);
    expect(await head()).toEqual({ ...after, membersVersion: before.membersVersion + 3, memberCount: 4 });
  });

  test('nobody is added where the members or the messages are others by now, or who is one already', async () => {
    const now = await head();
    const before = await rows();
    const { memberships } = parley.stores;
    const carol = newRow(now, someone(), 'member');
    expect(await memberships.add({ ...now, membersVersion: now.membersVersion - 1 }, [carol])).toBe(false);
    expect(await memberships.add({ ...now, lastSeq: 1 }, [carol])).toBe(false);
    expect(await memberships.add(now, [carol, newRow(now, bob, 'member')])).toBe(false);
    expect(await rows()).toEqual(before);
    await passesFailuresOn(({ stores }) => stores.memberships.add(now, [carol]));
  });

  test('a group becomes large with its 201st member, once its connections are subscribed', async () => {
    const crowd = Array.from({ length: 198 }, someone);
    const id = await writeGroup(parley, alice, crowd.slice(0, 196), { subscriptions: 'complete' });
    const { memberships } = parley.stores;
    const join = async (userIds: string[]) => {
      const before = await head(id);
      await memberships.add(
        before,
        userIds.map((userId) => newRow(before, userId, 'member')),
      );
      return head(id);
    };
    const full = await join([crowd[196] ?? '', bob, someone()]);
    expect(full).toMatchObject({ memberCount: 200 });
    expect(full).not.toHaveProperty('isLarge');
    expect(await join([someone()])).toMatchObject({ memberCount: 201, isLarge: true });
    expect(await join([someone()])).toMatchObject({ memberCount: 202, isLarge: true });

    const { subscriptions, ...unprepared } = full;
    const one = newRow(full, someone(), 'member');
    await expect(memberships.add(unprepared, [one])).rejects.toThrow('subscribed');
    await expect(memberships.add({ ...full, subscriptions: 'building' }, [one])).rejects.toThrow(
      'subscribed',
    );
    // One that is large already only needs to be as it was read.
    expect(await memberships.add({ ...unprepared, isLarge: true }, [one])).toBe(false);
  });

  test('subscriptions are begun once', async () => {
    const before = await head();
    const { memberships } = parley.stores;
    expect(await memberships.beginSubscriptions(before)).toBe(true);
    const begun = { ...before, subscriptions: 'building', membersVersion: before.membersVersion + 1 };
    expect(await head()).toEqual(begun);
    expect(await memberships.beginSubscriptions(before)).toBe(false);
    expect(await head()).toEqual(begun);
  });

  test('a member is removed with both rows, and noted where connections may be subscribed', async () => {
    const { memberships, inbox } = parley.stores;
    const before = await head();
    const leaving = await member(bob);
    expect(await memberships.remove(before, leaving)).toBe(true);
    expect(await head()).toEqual({ ...before, membersVersion: before.membersVersion + 1, memberCount: 1 });
    expect(await inbox.row(bob, conversationId)).toBeUndefined();
    expect(await memberships.member(conversationId, bob)).toBeUndefined();
    const endedRows = async () => (await rows()).at(-1);
    expect(await endedRows()).toEqual([[]]);
    expect(await memberships.remove(await head(), leaving)).toBe(false);
    expect(await memberships.remove(before, await member(alice))).toBe(false);
    expect(await head()).toMatchObject({ memberCount: 1, adminCount: 1 });

    await memberships.beginSubscriptions(await head());
    const admin = await member(alice);
    expect(await memberships.remove(await head(), admin)).toBe(true);
    expect(await head()).toMatchObject({ memberCount: 0, adminCount: 0 });
    const membership = `${alice} ${admin.joinedAt}`;
    expect(await endedRows()).toMatchObject([
      [{ conversationId, membership, expiresAt: expect.any(Number) }],
    ]);
  });

  test('a role is changed in both rows, and counted', async () => {
    const { memberships, inbox } = parley.stores;
    const before = await head();
    const reader = await member(bob);
    expect(await memberships.setRole(before, reader, 'admin')).toBe(true);
    expect(await head()).toEqual({ ...before, membersVersion: before.membersVersion + 1, adminCount: 2 });
    expect(await member(bob)).toEqual({ ...reader, role: 'admin' });
    expect(await inbox.row(bob, conversationId)).toMatchObject({ role: 'admin' });
    expect(await memberships.setRole(before, reader, 'member')).toBe(false);
    expect(await memberships.setRole(await head(), await member(bob), 'member')).toBe(true);
    expect(await head()).toMatchObject({ memberCount: 2, adminCount: 1 });
    expect(await inbox.row(bob, conversationId)).toMatchObject({ role: 'member' });

    // Nobody who left comes back by it, be one of the rows there or none.
    const nobody = { ...reader, userId: someone() };
    expect(await memberships.setRole(await head(), nobody, 'admin')).toBe(false);
    const stray = newRow(before, nobody.userId, 'member');
    await parley.documents.send(
      new PutCommand({ TableName: world.table('ConversationsByUser'), Item: stray }),
    );
    expect(await memberships.setRole(await head(), nobody, 'admin')).toBe(false);
    await parley.documents.send(
      new PutCommand({ TableName: world.table('MembersByConversation'), Item: nobody }),
    );
    await parley.stores.memberships.removeStray(nobody.userId, conversationId, 'conversation');
    expect(await inbox.row(nobody.userId, conversationId)).toMatchObject({ role: 'member' });
  });

  test('stray rows are removed only while they are stray', async () => {
    const { memberships, inbox } = parley.stores;
    const before = await rows();
    expect(await memberships.removeStray(bob, conversationId, 'member')).toBe(false);
    expect(await memberships.removeStray(bob, conversationId, 'conversation')).toBe(false);
    expect(await rows()).toEqual(before);

    // An inbox row of one who is no member, as a backup may have it.
    const carol = newRow(await head(), someone(), 'member');
    const put = (table: string, Item: object) =>
      parley.documents.send(new PutCommand({ TableName: world.table(table), Item }));
    await put('ConversationsByUser', carol);
    expect(await memberships.removeStray(carol.userId, conversationId, 'member')).toBe(true);
    expect(await rows()).toEqual(before);

    // Rows of a conversation that is not there.
    const gone = { ...carol, conversationId: `cnv_${randomUUID()}` };
    await put('ConversationsByUser', gone);
    await put('MembersByConversation', gone);
    expect(await memberships.removeStray(carol.userId, gone.conversationId, 'conversation')).toBe(true);
    expect(await inbox.row(carol.userId, gone.conversationId)).toBeUndefined();
    expect(await memberships.member(gone.conversationId, carol.userId)).toBeUndefined();
  });
});

describe('subscriptions', () => {
  const connectedAt = 1_700_000_000_001;

  test('one is written while the membership lasts, and is found by its connection', async () => {
    const { subscriptions, inbox, memberships } = parley.stores;
    const connectionId = randomUUID();
    const bucket = bucketOfConnection(connectionId);
    const { joinedAt } = await member(bob);
    const membership = { userId: bob, conversationId, joinedAt };
    const session = { authEpoch: 1, sessionId: 'ses_bob' };
    const connection = { userId: bob, connectionId, connectedAt, ...session };
    const put = (one: Membership) => parley.stores.subscriptionWriter.put(one, connection);

    expect(await put(membership)).toBe(false); // The row is not marked.
    await inbox.markSubscribed(bob, conversationId);
    expect(await put({ ...membership, joinedAt: 'another time' })).toBe(false);
    expect(await subscriptions.isEmpty(conversationId, bucket)).toBe(true);
    expect(await subscriptions.missing(connectionId, [membership])).toEqual([membership]);

    expect(await put(membership)).toBe(true);
    expect(await subscriptions.isEmpty(conversationId, bucket)).toBe(false);
    expect(await subscriptions.isEmpty(conversationId, (bucket + 1) % 16)).toBe(true);
    const stored = { ...connection, joinedAt };
    const [found] = await subscriptions.inBucket(conversationId, bucket);
    // Two hours after the connection was made, in whole seconds, and never before it ends.
    expect(found).toMatchObject({ ...stored, expiresAt: 1_700_000_001 + 2 * 60 * 60 });
    expect(await subscriptions.inBucket(conversationId, (bucket + 1) % 16)).toEqual([]);
    const other = { ...membership, conversationId: `cnv_${randomUUID()}` };
    expect(await subscriptions.missing(connectionId, [membership, other])).toEqual([other]);
    const earlier = { ...membership, joinedAt: 'another time' };
    expect(await subscriptions.missing(connectionId, [earlier])).toEqual([earlier]);

    await memberships.remove(await head(), await member(bob));
    expect(await put(membership)).toBe(false);
    await subscriptions.remove(conversationId, connectionId);
    expect(await subscriptions.isEmpty(conversationId, bucket)).toBe(true);
    const failing = world.container(new FaultSource(['before'])).stores.subscriptionWriter;
    await expect(failing.put(membership, connection)).rejects.toThrow('injected');
  });
});

describe('users', () => {
  const newUser = (username: string = randomUUID()) => ({
    userId: `usr_${randomUUID()}`,
    username,
    displayName: 'Somebody',
    createdAt: new Date().toISOString(),
    authEpoch: 1,
  });

  test('one is created once, and a username is of one alone', async () => {
    const { users } = parley.stores;
    const [user, another] = [newUser(), newUser()];
    const { userId, username } = user;
    expect(await users.create(user, 'hash')).toBe(true);
    expect(await users.create(another)).toBe(true);
    expect(await users.user(userId)).toEqual(user);
    expect(await users.credential(username)).toEqual({ username, userId, passwordHash: 'hash' });
    expect(await users.credential(another.username)).toEqual({
      username: another.username,
      userId: another.userId,
    });
    const thief = newUser(username);
    const twin = { ...newUser(), userId };
    expect([await users.create(thief, 'other'), await users.create(twin, 'other')]).toEqual([false, false]);
    expect(await users.user(thief.userId)).toBeUndefined();
    expect(await users.credential(twin.username)).toBeUndefined();
    expect(await users.user(userId)).toEqual(user);
    expect(await users.credential(username)).toMatchObject({ userId, passwordHash: 'hash' });
    const failing = world.container(new FaultSource(['before'])).stores.users;
    await expect(failing.create(newUser())).rejects.toThrow('injected');
  });

  test('a password is changed by who knows the old one, and all other sessions end with it', async () => {
    const { users } = parley.stores;
    const session = { openedAt: 1, renewedAt: 1, expiresAt: 2 };
    const user = { ...newUser(), sessions: { own: session, other: session } };
    const kept = { sessionId: 'own', session: { ...session, renewedAt: 2 } };
    await users.create(user, 'old');
    expect(await users.changePassword(user, 'wrong', 'new', kept)).toBe(false);
    expect(await users.changePassword({ ...user, authEpoch: 2 }, 'old', 'new', kept)).toBe(false);
    expect(await users.changePassword(user, 'old', 'new', { ...kept, sessionId: 'ended' })).toBe(false);
    expect(await users.credential(user.username)).toMatchObject({ passwordHash: 'old' });
    expect(await users.user(user.userId)).toEqual(user);
    expect(await users.changePassword(user, 'old', 'new', kept)).toBe(true);
    expect(await users.credential(user.username)).toMatchObject({ passwordHash: 'new' });
    expect(await users.user(user.userId)).toEqual({ ...user, authEpoch: 2, sessions: { own: kept.session } });
    const failing = world.container(new FaultSource(['before'])).stores.users;
    await expect(failing.changePassword(user, 'new', 'newer', kept)).rejects.toThrow('injected');
  });

  test('sessions of an epoch end once, and failures are passed on', async () => {
    const { users, sessions } = parley.stores;
    const user = newUser();
    await users.create(user);
    const seconds = () => Math.floor(Date.now() / 1000);
    const before = seconds();
    await sessions.endAll(user.userId, 1);
    await sessions.endAll(user.userId, 1);
    const ended = await users.user(user.userId);
    expect(ended).toEqual({ ...user, authEpoch: 2, sessionsEndedAt: expect.any(Number), sessions: {} });
    expect(ended?.sessionsEndedAt).toBeGreaterThanOrEqual(before);
    expect(ended?.sessionsEndedAt).toBeLessThanOrEqual(seconds());
    const failing = world.container(new FaultSource(['before'])).stores.sessions;
    await expect(failing.endAll(user.userId, 2)).rejects.toThrow('injected');
  });

  test('who is blocked has no session of before, and is let in again', async () => {
    const { users } = parley.stores;
    const user = newUser();
    await users.create(user);
    await users.block(user.userId);
    const blocked = {
      ...user,
      authEpoch: 2,
      blocked: true,
      sessions: {},
      sessionsEndedAt: expect.any(Number),
    };
    expect(await users.user(user.userId)).toEqual(blocked);
    await users.unblock(user.userId);
    const { blocked: _, ...unblocked } = blocked;
    expect(await users.user(user.userId)).toEqual(unblocked);
    const nobody = newUser().userId;
    await expect(users.block(nobody)).rejects.toThrow();
    await expect(users.unblock(nobody)).rejects.toThrow();
    expect(await users.user(nobody)).toBeUndefined();
  });

  test('only who is there has a display name', async () => {
    const { users } = parley.stores;
    const user = newUser();
    await users.create(user);
    expect(await users.setDisplayName(user.userId, 'Other')).toBe(true);
    expect(await users.user(user.userId)).toEqual({ ...user, displayName: 'Other' });
    await users.erase(user.userId);
    expect(await users.setDisplayName(user.userId, 'Back')).toBe(false);
    expect(await users.tombstone(user.userId)).not.toHaveProperty('displayName');
    const failing = world.container(new FaultSource(['before'])).stores.users;
    await expect(failing.setDisplayName(user.userId, 'Other')).rejects.toThrow('injected');
  });

  test('of one who is erased a tombstone is left, and the username is held', async () => {
    const { users, profiles } = world.container().stores;
    const [user, other] = [newUser(), newUser()];
    const { userId, username } = user;
    await users.create(user, 'hash');
    await users.create(other, 'hash');
    expect(await users.tombstone(userId)).toBeUndefined();
    expect(await users.tombstone(newUser().userId)).toBeUndefined();
    await expect(users.finishErasure(userId)).rejects.toThrow();
    const tombstone = await users.erase(userId);
    expect(tombstone).toEqual({ userId, erasedAt: expect.any(String) });
    expect(await users.erase(userId)).toEqual(tombstone);
    expect(await users.tombstone(userId)).toEqual(tombstone);
    expect(await users.user(userId)).toBeUndefined();
    expect(await profiles.user(userId)).toBeUndefined();
    expect(await profiles.user(other.userId)).toEqual(other);
    const asked = [userId, other.userId, newUser().userId, other.userId];
    expect(await profiles.users(asked)).toEqual(new Map([[other.userId, other]]));
    expect(await profiles.tombstones(asked)).toEqual(new Map([[userId, tombstone]]));
    expect(await users.credential(username)).toBeUndefined();
    expect(await users.isTaken(username)).toBe(true);
    expect(await users.create(newUser(username))).toBe(false);
    expect(await users.credential(other.username)).toMatchObject({ userId: other.userId });
    await users.finishErasure(userId);
    const finished = { ...tombstone, erasureFinishedAt: expect.any(String) };
    expect(await users.tombstone(userId)).toEqual(finished);

    // Nobody of that name is left to be created later either.
    const nobody = newUser();
    await users.erase(nobody.userId);
    expect(await users.create(nobody)).toBe(false);
  });

  test('who is erased does not free a username that is of another by now', async () => {
    const { users } = parley.stores;
    const [user, heir] = [newUser(), newUser()];
    await users.create(user);
    const credential = { username: user.username, userId: heir.userId };
    await parley.documents.send(new PutCommand({ TableName: world.table('Credentials'), Item: credential }));
    await users.erase(user.userId);
    expect(await users.credential(user.username)).toEqual(credential);
    expect(await users.tombstone(user.userId)).toMatchObject({ userId: user.userId });
  });

  test('the username of one who was erased is free again after 90 days', async () => {
    const tables = { users: world.table('Users'), credentials: world.table('Credentials') };
    const at = (ms: number) => new UserStore(parley.documents, tables, () => ms);
    const erasedAt = Date.parse('2026-01-01T00:00:00.000Z');
    const freeAt = Date.parse('2026-04-01T00:00:00.000Z');
    const user = newUser();
    await at(erasedAt).create(user, 'hash');
    expect(await at(freeAt).isTaken(user.username)).toBe(true);
    await at(erasedAt).erase(user.userId);
    const next = newUser(user.username);
    expect(await at(freeAt - 1).isTaken(user.username)).toBe(true);
    expect(await at(freeAt - 1).create(next)).toBe(false);
    expect(await at(freeAt).isTaken(user.username)).toBe(false);
    expect(await at(freeAt).create(next)).toBe(true);
    expect(await at(freeAt).isTaken(user.username)).toBe(true);
    expect(await at(freeAt).isTaken(newUser().username)).toBe(false);
  });

  test('one whose credential is gone, as from a restored table, is erased all the same', async () => {
    const { users } = parley.stores;
    const user = newUser();
    await parley.documents.send(new PutCommand({ TableName: world.table('Users'), Item: user }));
    expect(await users.erase(user.userId)).toMatchObject({ userId: user.userId });
    expect(await users.isTaken(user.username)).toBe(false);
  });

  test('one who is created while nobody of the id is erased is erased with the username', async () => {
    const { users } = parley.stores;
    const user = newUser();
    // After the read, before the transaction.
    const meanwhile = new FaultSource(['none', 'join'], async () => {
      await users.create(user, 'hash');
    });
    await world.container(meanwhile).stores.users.erase(user.userId);
    expect(await users.tombstone(user.userId)).toMatchObject({ userId: user.userId });
    expect(await users.credential(user.username)).toBeUndefined();
  });

  test('an erasure that meets changes of the user begins anew, five times at most', async () => {
    const user = newUser();
    await parley.stores.users.create(user);
    // Before each transaction the user gets another name.
    const meddled = async (times: number) => {
      const { stores } = world.container();
      const credential = stores.users.credential.bind(stores.users);
      let left = times;
      stores.users.credential = async (username) => {
        const found = await credential(username);
        if (left > 0) {
          left -= 1;
          const Item = { ...user, username: randomUUID() };
          await parley.documents.send(new PutCommand({ TableName: world.table('Users'), Item }));
        }
        return found;
      };
      return stores.users.erase(user.userId);
    };
    await expect(meddled(5)).rejects.toThrow();
    expect(await parley.stores.users.tombstone(user.userId)).toBeUndefined();
    expect(await meddled(4)).toMatchObject({ userId: user.userId });
    const failing = world.container(new FaultSource(['none', 'before'])).stores.users;
    const another = newUser();
    await parley.stores.users.create(another);
    await expect(failing.erase(another.userId)).rejects.toThrow('injected');
  });
});

test('the client that functions use leaves out what is undefined, however deep', async () => {
  for (const [name, value] of Object.entries(world.environment())) vi.stubEnv(name, value);
  const message = { ...entry(1, 'm1').message, reactions: { '👍': [bob] } };
  const documents = newDocumentClient();
  const TableName = world.table('MessagesByConversation');
  const Item = { ...message, replyTo: undefined, reactions: { ...message.reactions, '🎉': undefined } };
  await documents.send(new PutCommand({ TableName, Item }));
  expect(await messages()).toEqual([message]);
  documents.destroy();
  vi.unstubAllEnvs();
});
