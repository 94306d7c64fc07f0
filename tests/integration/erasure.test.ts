import { randomUUID } from 'node:crypto';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Slice, settlingMs } from '../../lambdas/services/erase-user.ts';
import { EndedMembershipStore } from '../../lambdas/stores/ended-membership-store.ts';
import { messagesPerAppend } from '../../lambdas/stores/message-log.ts';
import { UserStore } from '../../lambdas/stores/user-store.ts';
import { FaultSource } from '../faults/faults.ts';
import { writeGroup } from '../support/group-rows.ts';
import { thoroughTest } from '../support/thorough-test.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
let erin: string;
let alice: string;
let bob: string;

beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

beforeEach(async () => {
  // A container that begins anew, an hour later: everything that was under way has ended.
  parley = world.container(undefined, () => Date.now() + settlingMs);
  [erin = '', alice = '', bob = ''] = await world.users(3);
});

/** Slice by slice, to the end. */
async function erase(userId: string, container = parley): Promise<Slice[]> {
  const slices: Slice[] = [];
  while (slices.at(-1)?.step !== 'finished') {
    slices.push(await container.erasure.next({ version: 1, userId }));
    if (slices.length > 30) expect.fail('It does not end');
  }
  return slices;
}

async function deliverAll(): Promise<void> {
  for (let records = await world.newRecords(); records.length > 0; records = await world.newRecords()) {
    expect(await parley.deliver.deliver(records)).toEqual([]);
  }
}

/** Stores messages of Erin's without sending each. */
async function writeMessages(conversationId: string, count: number): Promise<void> {
  for (let written = 0; written < count; ) {
    const head = await parley.stores.conversations.head(conversationId);
    if (head === undefined) throw new Error('No conversation');
    const entries = Array.from({ length: Math.min(messagesPerAppend, count - written) }, (_, index) => ({
      message: {
        conversationId,
        seq: head.lastSeq + 1 + index,
        messageId: randomUUID(),
        senderId: erin,
        type: 'text' as const,
        content: 'What Erin said',
        createdAt: new Date().toISOString(),
      },
      acceptId: randomUUID(),
      fingerprint: '',
    }));
    await parley.stores.log.append(head, entries);
    written += entries.length;
  }
}

async function contents(conversationId: string): Promise<string[]> {
  const found: string[] = [];
  for (let more = true; more; ) {
    const page = await parley.stores.messages.after(conversationId, found.length, 500);
    found.push(...page.messages.map(({ content }) => content));
    more = page.more;
  }
  return found;
}

thoroughTest(
  'a thousand messages over several conversations go in slices of at most 125, and all of them',
  {
    timeout: 60_000,
  },
  async () => {
    const groups = [
      await writeGroup(parley, alice, [erin]),
      await writeGroup(parley, alice, [erin, bob]),
      await writeGroup(parley, erin, [bob]),
    ];
    for (const [index, count] of [500, 300, 200].entries()) await writeMessages(groups[index] ?? '', count);

    const slices = await erase(erin);
    expect(slices[0]).toEqual({ step: 'memberships', done: 3 });
    const messages = slices.filter(({ step }) => step === 'messages');
    expect(messages.map(({ done }) => done)).toEqual(Array.from({ length: 8 }, () => 125));
    await deliverAll();
    for (const [index, count] of [500, 300, 200].entries()) {
      expect(await contents(groups[index] ?? '')).toEqual(Array.from({ length: count }, () => ''));
    }
  },
);

thoroughTest(
  'many conversations are left a few at a time, and none is touched before all are left',
  async () => {
    const groups = [];
    for (let count = 0; count < 60; count += 1) groups.push(await writeGroup(parley, alice, [erin]));
    await writeMessages(groups[0] ?? '', 1);
    expect(await erase(erin)).toEqual([
      { step: 'memberships', done: 25 },
      { step: 'memberships', done: 25 },
      { step: 'memberships', done: 10 },
      { step: 'messages', done: 1 },
      { step: 'finished', done: 0 },
    ]);
  },
);

test('a conversation that cannot be left keeps the job failing, and the user in no other', async () => {
  const [broken, sound] = [await writeGroup(parley, alice, [erin]), await writeGroup(parley, alice, [erin])];
  await writeMessages(sound, 1);
  const setMemberCount = (value: unknown) =>
    parley.documents.send(
      new UpdateCommand({
        TableName: world.table('Conversations'),
        Key: { conversationId: broken },
        UpdateExpression: 'SET memberCount = :value',
        ExpressionAttributeValues: { ':value': value },
      }),
    );
  await setMemberCount('not a number');
  await expect(parley.erasure.next({ version: 1, userId: erin })).rejects.toThrow('1 of 2 conversations');
  expect(parley.reported).toEqual(['conversation could not be left']);
  expect(await parley.stores.inbox.someConversationIds(erin, 10)).toEqual([broken]);
  expect(await contents(sound)).toEqual(['What Erin said']);

  await setMemberCount(2);
  await erase(erin);
  await deliverAll();
  expect(await contents(sound)).toEqual(['']);
});

test('it ends a minute after it began, when no request of before can be under way', async () => {
  const group = await writeGroup(parley, alice, [erin]);
  let now = Date.now();
  const container = world.container(undefined, () => now);
  await container.erasure.next({ version: 1, userId: erin });
  const waiting = await world.waitingErasures();
  expect(await container.erasure.next({ version: 1, userId: erin })).toEqual({ step: 'settling', done: 0 });
  expect(await world.waitingErasures()).toBe(waiting + 1);
  // Alice's request to add Erin again found that there is such a user, and only now gets to it.
  const head = await parley.stores.conversations.head(group);
  if (head === undefined) throw new Error('No group');
  const joinedAt = new Date().toISOString();
  const rest = { lastSeq: 0, lastReadSeq: 0, lastActivityAt: joinedAt, pinned: false, mutedUntil: null };
  await parley.stores.memberships.add(head, [
    { userId: erin, conversationId: group, type: 'GROUP', role: 'member', joinedAt, ...rest },
  ]);
  now = Date.now() + settlingMs;
  expect(await container.erasure.next({ version: 1, userId: erin })).toEqual({
    step: 'memberships',
    done: 1,
  });
  expect(await container.erasure.next({ version: 1, userId: erin })).toEqual({ step: 'finished', done: 0 });
  // Nothing is queued any more than what those slices queued.
  expect(await world.waitingErasures()).toBe(waiting + 2);
});

test('it ends at the very moment when that minute is over, and says how far it came', async () => {
  const { erasedAt } = await parley.account.end(erin);
  let now = Date.parse(erasedAt);
  const container = world.container(undefined, () => now);
  const delays: number[] = [];
  container.stores.erasures.put = async (_, seconds) => {
    delays.push(seconds);
  };
  await container.erasure.next({ version: 1, userId: erin });
  now += settlingMs - 1;
  await container.erasure.next({ version: 1, userId: erin });
  now += 1;
  await container.erasure.next({ version: 1, userId: erin });
  expect(delays).toEqual([60, 1]);
  expect(container.hops).toEqual([
    { step: 'settling', userId: erin, done: 0 },
    { step: 'settling', userId: erin, done: 0 },
    { step: 'finished', userId: erin, done: 0 },
  ]);
});

test('a message is erased by one record, however often the user changed it', async () => {
  const group = await writeGroup(parley, alice, [erin]);
  await writeMessages(group, 2);
  const fields = {
    version: 1,
    kind: 'change',
    acceptedAt: new Date().toISOString(),
    conversationId: group,
  } as const;
  const edits = ['first', 'second'].map((content) => {
    const change = { type: 'edit', content } as const;
    return { ...fields, seq: 1, userId: erin, acceptId: randomUUID(), change };
  });
  const data = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  const records = edits.map((edit, index) => {
    return { sequenceNumber: `${index}`, eventId: `${index}`, partitionKey: group, data: data(edit) };
  });
  expect(await parley.deliver.deliver(records)).toEqual([]);
  await world.newRecords();
  await erase(erin);
  const erasures = (await world.newRecords()).map((record) => {
    expect(record.partitionKey).toBe(group);
    return JSON.parse(Buffer.from(record.data, 'base64').toString());
  });
  const erasure = { ...fields, acceptId: expect.any(String), acceptedAt: expect.any(String), userId: erin };
  expect(erasures.sort((one, other) => one.seq - other.seq)).toEqual([
    { ...erasure, seq: 1, change: { type: 'erase' } },
    { ...erasure, seq: 2, change: { type: 'erase' } },
  ]);
  expect(new Set(erasures.map(({ acceptId }) => acceptId)).size).toBe(2);
});

test('messages go in slices of 125, until none is left', async () => {
  const group = await writeGroup(parley, alice, [erin]);
  await writeMessages(group, 130);
  expect(await erase(erin)).toEqual([
    { step: 'memberships', done: 1 },
    { step: 'messages', done: 125 },
    { step: 'messages', done: 5 },
    { step: 'finished', done: 0 },
  ]);
  expect(await world.newRecords()).toHaveLength(130);
});

test('five conversations are left at once', async () => {
  for (let count = 0; count < 8; count += 1) await writeGroup(parley, alice, [erin]);
  const counted = new FaultSource([]);
  expect(await world.container(counted).erasure.next({ version: 1, userId: erin })).toMatchObject({
    done: 8,
  });
  expect(counted.most).toBe(5);
});

test('a large group forgets the connections, and the last admin of it hands over', async () => {
  const now = Date.now();
  await parley.stores.presence.register({
    userId: erin,
    connectionId: `${erin}-phone`,
    connectedAt: now,
    lastSeenAt: now,
  });
  const others = Array.from(
    { length: 220 },
    (_, index) => `usr_${String(index).padStart(4, '0')}-${randomUUID()}`,
  );
  const group = await writeGroup(parley, erin, [...others, bob], {
    subscriptions: 'complete',
    isLarge: true,
  });
  const joinedAt = (await parley.stores.inbox.row(erin, group))?.joinedAt ?? '';
  const membership = { userId: erin, conversationId: group, joinedAt };
  await parley.subscriptions.subscribe([membership]);
  const missing = () => parley.stores.subscriptions.missing(`${erin}-phone`, [membership]);
  expect(await missing()).toEqual([]);
  // The socket cannot be closed just now, so that nobody tells of its end.
  world.connections.failing.add(`${erin}-phone`);
  await parley.erasure.next({ version: 1, userId: erin });
  const ended = new EndedMembershipStore(parley.documents, world.table('EndedMemberships'));
  const isLeftOut = await ended.endedIn(group);
  expect(isLeftOut({ ...membership, connectionId: `${erin}-phone`, connectedAt: now, authEpoch: 1 })).toBe(
    true,
  );
  const head = await parley.stores.conversations.head(group);
  expect(head).toMatchObject({ memberCount: 221, adminCount: 1 });
  const [admin, ...more] = (await parley.stores.memberships.all(group)).filter(
    ({ role }) => role === 'admin',
  );
  expect(more).toEqual([]);
  // All joined with the same transactions, so the first of them by id.
  expect(admin?.userId).toBe(others[0]);
  world.connections.failing.delete(`${erin}-phone`);
  await erase(erin);
  expect(await parley.stores.presence.connectionsOf(erin)).toEqual([]);
});

test('one who is named in a creation that was cut short is not admitted when it goes on', async () => {
  const others = await world.users(60);
  const createId = randomUUID();
  const group = { title: 'Many', memberIds: [...others, erin], createId };
  const { conversationId } = (await parley.conversations.createGroup(alice, group)).conversation;
  await parley.documents.send(
    new UpdateCommand({
      TableName: world.table('Conversations'),
      Key: { conversationId },
      UpdateExpression: 'SET pendingMemberIds = :pending',
      ExpressionAttributeValues: { ':pending': [erin, ...others.slice(-3)] },
    }),
  );
  await erase(erin);
  await parley.conversations.createGroup(alice, group);
  const members = await parley.stores.memberships.all(conversationId);
  expect(members.map(({ userId }) => userId)).not.toContain(erin);
  expect(await parley.stores.conversations.head(conversationId)).toMatchObject({ memberCount: 61 });
});

describe('where tables were restored from a backup', () => {
  test('whoever was erased before is erased again, a row without its member or its conversation included', async () => {
    await erase(erin);
    const group = await writeGroup(parley, alice, [erin]);
    await writeMessages(group, 2);
    const [strayed, gone] = [
      await writeGroup(parley, alice, [erin]),
      await writeGroup(parley, alice, [erin]),
    ];
    await parley.documents.send(
      new DeleteCommand({
        TableName: world.table('MembersByConversation'),
        Key: { conversationId: strayed, userId: erin },
      }),
    );
    await parley.documents.send(
      new DeleteCommand({ TableName: world.table('Conversations'), Key: { conversationId: gone } }),
    );
    await erase(erin);
    await deliverAll();
    expect(await contents(group)).toEqual(['', '']);
    expect(await parley.stores.inbox.someConversationIds(erin, 10)).toEqual([]);
    expect(await parley.stores.memberships.member(gone, erin)).toBeUndefined();
  });

  test('a username that is somebody else’s by now stays theirs', async () => {
    await parley.documents.send(
      new PutCommand({ TableName: world.table('Credentials'), Item: { username: erin, userId: bob } }),
    );
    await erase(erin);
    expect(await parley.stores.users.credential(erin)).toMatchObject({ userId: bob });
    expect(await parley.stores.users.tombstone(erin)).toBeDefined();
  });
});

test('a profile that is changed while it goes does not come back', async () => {
  await parley.account.request(erin);
  expect(await parley.stores.users.setDisplayName(erin, 'Erin')).toBe(false);
  await parley.stores.sessions.endAll(erin, 1);
  await expect(parley.stores.users.block(erin)).rejects.toThrow();
  expect(Object.keys((await parley.stores.users.tombstone(erin)) ?? {}).sort()).toEqual([
    'erasedAt',
    'userId',
  ]);
});

test('an account is not made again under the same id, as an issuer’s token would ask for', async () => {
  await parley.account.request(erin);
  const createdAt = new Date().toISOString();
  const again = { userId: erin, username: `${erin}-2`, displayName: 'Erin', createdAt, authEpoch: 1 };
  expect(await parley.stores.users.create(again)).toBe(false);
  expect(await parley.stores.users.credential(`${erin}-2`)).toBeUndefined();
});

describe('the username of an erased user', () => {
  const day = 24 * 60 * 60 * 1000;
  const tables = () => ({ users: world.table('Users'), credentials: world.table('Credentials') });
  /** The store as it is that many days later. */
  const storeAfter = (days: number) =>
    new UserStore(parley.documents, tables(), () => Date.now() + days * day);
  const somebodyElse = (username: string) => ({
    userId: randomUUID(),
    username,
    displayName: 'Somebody else',
    createdAt: new Date().toISOString(),
    authEpoch: 1,
  });

  test('is nobody’s for 90 days, whatever DynamoDB has removed by then, and then anybody’s', async () => {
    await parley.account.request(erin);
    expect(await parley.stores.users.credential(erin)).toBeUndefined();
    for (const days of [0, 89]) {
      expect(await storeAfter(days).isTaken(erin)).toBe(true);
      expect(await storeAfter(days).create(somebodyElse(erin), 'hash')).toBe(false);
    }
    expect(await storeAfter(91).isTaken(erin)).toBe(false);
    const next = somebodyElse(erin);
    expect(await storeAfter(91).create(next, 'hash')).toBe(true);
    expect(await storeAfter(91).credential(erin)).toEqual({
      username: erin,
      userId: next.userId,
      passwordHash: 'hash',
    });
    // Who has it now keeps it, also from who erases the one before once more.
    await erase(erin);
    expect(await storeAfter(91).isTaken(erin)).toBe(true);
    expect(await storeAfter(200).isTaken(erin)).toBe(true);
  });

  test('says no more than that it is held: not whose it was', async () => {
    await parley.account.request(erin);
    const { Item } = await parley.documents.send(
      new GetCommand({
        TableName: world.table('Credentials'),
        Key: { username: erin },
        ConsistentRead: true,
      }),
    );
    expect(Item).toEqual({ username: erin, expiresAt: expect.any(Number) });
  });
});
