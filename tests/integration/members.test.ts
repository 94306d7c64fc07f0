/** Who may change the members of a conversation, and who is told of it. */
import { randomUUID } from 'node:crypto';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../shared/protocol/limits.ts';
import { connect } from '../support/connect.ts';
import { writeGroup } from '../support/group-rows.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
let alice: string;
let bob: string;
let carol: string;
let dave: string;
/** A group of Alice, its admin, and Bob. All four have a connection; Carol and Dave are strangers to the group. */
let group: string;

beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());
beforeEach(async () => {
  [alice = '', bob = '', carol = '', dave = ''] = (await world.users(4)).sort();
  for (const userId of [alice, bob, carol, dave]) await connect(parley, userId);
  group = await writeGroup(parley, alice, [bob]);
});

const head = async (id = group) =>
  (await parley.stores.conversations.head(id)) ?? expect.fail('There is no such conversation');

/** What a user got since the last look, with what it says of the group. */
function heard(userId: string): string[] {
  const frames = world.connections.posted.get(userId) ?? [];
  world.connections.posted.delete(userId);
  return frames.map((frame) => {
    const event = JSON.parse(frame);
    if (event.type === 'conversation')
      return `conversation as ${event.conversation.role} of ${event.conversation.memberCount}`;
    return event.type === 'conversationChanged' ? `changed to ${event.memberCount}` : event.type;
  });
}

async function dm(): Promise<string> {
  const { conversation } = await parley.conversations.openDm(alice, bob);
  return conversation.conversationId;
}

describe('the list of members', () => {
  test('comes in pages by user id, for members alone', async () => {
    await parley.members.add(alice, group, [carol, dave]);
    const page = async (limit?: number, cursor?: string) => {
      const { items, nextCursor } = await parley.members.page(bob, group, { limit, cursor });
      return [items.map(({ userId }) => userId), nextCursor];
    };
    expect(await page()).toEqual([[alice, bob, carol, dave], null]);
    expect(await page(4)).toEqual([[alice, bob, carol, dave], null]);
    expect(await page(3)).toEqual([[alice, bob, carol], carol]);
    expect(await page(3, carol)).toEqual([[dave], null]);
    const [stranger = ''] = await world.users(1);
    await expect(parley.members.page(stranger, group, {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('shows names, roles and how far each has read', async () => {
    await parley.stores.inbox.markRead(bob, group, 7);
    const joinedAt = expect.any(String);
    const { items } = await parley.members.page(bob, group, {});
    expect(items).toEqual([
      { userId: alice, username: alice, displayName: alice, role: 'admin', joinedAt, lastReadSeq: 0 },
      { userId: bob, username: bob, displayName: bob, role: 'member', joinedAt, lastReadSeq: 7 },
    ]);
    expect(await parley.members.first(group)).toEqual(items);
  });

  test('leaves out who is being erased, or is about to leave', async () => {
    const id = await writeGroup(parley, alice, [bob, `usr_${randomUUID()}`]);
    await parley.documents.send(
      new DeleteCommand({
        TableName: world.table('ConversationsByUser'),
        Key: { userId: bob, conversationId: id },
      }),
    );
    const { items } = await parley.members.page(alice, id, {});
    expect(items.map(({ userId }) => userId)).toEqual([alice]);
  });
});

describe('adding', () => {
  test('shows newcomers the group, and tells the others its new size', async () => {
    const shown = await parley.members.add(alice, group, [carol, dave]);
    expect(shown.map(({ userId }) => userId).sort()).toEqual([carol, dave]);
    expect([heard(alice), heard(bob)]).toEqual([['changed to 4'], ['changed to 4']]);
    expect([heard(carol), heard(dave)]).toEqual(Array(2).fill(['conversation as member of 4']));
  });

  test('adds only those who are not there yet, and answers all', async () => {
    const shown = await parley.members.add(alice, group, [bob, carol]);
    expect(shown.map(({ userId }) => userId).sort()).toEqual([bob, carol]);
    expect((await head()).memberCount).toBe(3);
    expect([heard(bob), heard(carol)]).toEqual([['changed to 3'], ['conversation as member of 3']]);
  });

  test('those who are there already changes nothing, and tells nobody', async () => {
    const before = await head();
    expect(await parley.members.add(alice, group, [bob])).toHaveLength(1);
    expect(await head()).toEqual(before);
    expect([heard(alice), heard(bob)]).toEqual([[], []]);
  });

  test('is for admins, of groups, and of people there are', async () => {
    await expect(parley.members.add(bob, group, [carol])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(parley.members.add(carol, group, [dave])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(parley.members.add(alice, await dm(), [carol])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const nobody = `usr_${randomUUID()}`;
    await expect(parley.members.add(alice, group, [carol, nobody])).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    expect((await head()).memberCount).toBe(2);
  });

  test('stops at 100,000 members', async () => {
    const id = await writeGroup(parley, alice, [bob], { subscriptions: 'complete', isLarge: true });
    await parley.documents.send(
      new UpdateCommand({
        TableName: world.table('Conversations'),
        Key: { conversationId: id },
        UpdateExpression: 'SET memberCount = :count',
        ExpressionAttributeValues: { ':count': limits.groupMembers - 1 },
      }),
    );
    await expect(parley.members.add(alice, id, [carol, dave])).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await parley.members.add(alice, id, [carol])).toHaveLength(1);
    await expect(parley.members.add(alice, id, [dave])).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('that fails half-way tells the others of those who were added', async () => {
    const many = await world.users(60);
    const container = world.container();
    const { memberships } = container.stores;
    const add = memberships.add.bind(memberships);
    memberships.add = async (now, rows) => {
      if (now.memberCount > 2) throw new Error('away');
      return add(now, rows);
    };
    await expect(container.members.add(alice, group, many)).rejects.toThrow('away');
    expect((await head()).memberCount).toBe(51);
    expect(heard(bob)).toEqual(['changed to 51']);
  });

  test('begins again where somebody else was faster', async () => {
    // Head, caller, profiles; head, those who are there; and what follows from them.
    const container = world.overtaken(5, () => parley.members.add(alice, group, [dave]));
    await container.members.add(alice, group, [carol, dave]);
    expect((await head()).memberCount).toBe(4);
    expect([heard(carol), heard(dave)]).toEqual([
      ['conversation as member of 4'],
      ['conversation as member of 3', 'changed to 4'],
    ]);
  });
});

describe('a creation with more members than fit one transaction', () => {
  test('shows each the group once, and tells those of before of the others', async () => {
    const others = await world.users(47);
    const createId = randomUUID();
    const creation = { title: 'Many', memberIds: [bob, ...others, carol, dave], createId };
    const { conversationId } = (await parley.conversations.createGroup(alice, creation)).conversation;
    expect(await head(conversationId)).toMatchObject({ memberCount: 51 });
    expect(heard(bob)).toEqual(['conversation as member of 49', 'changed to 51']);
    expect(heard(dave)).toEqual(['conversation as member of 51']);
    await parley.conversations.createGroup(alice, creation);
    expect([heard(bob), heard(dave)]).toEqual([[], []]);
  });
});

describe('a role', () => {
  test('is changed by an admin, and shown to its member', async () => {
    expect(await parley.members.setRole(alice, group, bob, 'admin')).toMatchObject({
      userId: bob,
      role: 'admin',
    });
    expect([heard(alice), heard(bob)]).toEqual([[], ['conversation as admin of 2']]);
    expect((await head()).adminCount).toBe(2);
    expect(await parley.members.setRole(bob, group, alice, 'member')).toMatchObject({ role: 'member' });
    expect((await head()).adminCount).toBe(1);
  });

  test('that the member has already is counted once', async () => {
    expect(await parley.members.setRole(alice, group, alice, 'admin')).toMatchObject({ role: 'admin' });
    expect(await parley.members.setRole(alice, group, bob, 'member')).toMatchObject({ role: 'member' });
    expect((await head()).adminCount).toBe(1);
  });

  test('is not changed by others, nor of others, nor of the last admin', async () => {
    const setRole = (by: string, of: string, id = group) => parley.members.setRole(by, id, of, 'member');
    await expect(setRole(bob, alice)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(setRole(carol, bob)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(setRole(alice, carol)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(setRole(alice, alice)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(setRole(alice, bob, await dm())).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('of one who is being erased is not shown', async () => {
    const gone = `usr_${randomUUID()}`;
    const id = await writeGroup(parley, alice, [gone]);
    await expect(parley.members.setRole(alice, id, gone, 'admin')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('is changed again where somebody else was faster', async () => {
    // Head, caller, member; and the transaction.
    const container = world.overtaken(3, () => parley.members.add(alice, group, [carol]));
    await container.members.setRole(alice, group, bob, 'admin');
    expect(await head()).toMatchObject({ memberCount: 3, adminCount: 2 });
    expect(await parley.stores.inbox.row(bob, group)).toMatchObject({ role: 'admin' });
  });
});

describe('removing', () => {
  test('is for admins, and for everyone of oneself; all hear of it', async () => {
    await parley.members.add(alice, group, [carol]);
    for (const userId of [alice, bob, carol]) heard(userId);
    await parley.members.remove(alice, group, bob);
    expect([heard(alice), heard(bob), heard(carol)]).toEqual([
      ['changed to 2'],
      ['conversationRemoved'],
      ['changed to 2'],
    ]);
    await parley.members.remove(carol, group, carol);
    expect([heard(alice), heard(carol)]).toEqual([['changed to 1'], ['conversationRemoved']]);
    await parley.members.remove(alice, group, alice);
    expect((await head()).memberCount).toBe(0);
  });

  test('is not for others, nor of others, nor of the last admin', async () => {
    const remove = (by: string, of: string, id = group) => parley.members.remove(by, id, of);
    await expect(remove(bob, alice)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(remove(carol, bob)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(remove(carol, carol)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(remove(alice, carol)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(remove(alice, alice)).rejects.toMatchObject({ code: 'CONFLICT' });
    const direct = await dm();
    await expect(remove(alice, bob, direct)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(remove(alice, alice, direct)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await head()).memberCount).toBe(2);
  });

  test('begins again where somebody else was faster', async () => {
    // The count of conversations, head, caller, member; and the transaction.
    const container = world.overtaken(4, () => parley.members.add(alice, group, [carol]));
    await container.members.remove(alice, group, bob);
    expect(await head()).toMatchObject({ memberCount: 2 });
    expect(await parley.stores.inbox.row(bob, group)).toBeUndefined();
  });
});

describe('where the group is large', () => {
  const crowd = (count: number) => Array.from({ length: count }, () => `usr_${randomUUID()}`);

  test('members hear of its title up to 200 of them', async () => {
    const id = await writeGroup(parley, alice, [bob, ...crowd(198)], { subscriptions: 'complete' });
    await parley.conversations.rename(alice, id, 'New');
    expect(heard(bob)).toEqual(['changed to 200']);
    await parley.members.add(alice, id, [carol]);
    await parley.conversations.rename(alice, id, 'Newer');
    expect([heard(bob), heard(carol)]).toEqual([[], ['conversation as member of 201']]);
  });

  test('its connections are forgotten with their member', async () => {
    const id = await writeGroup(parley, alice, [], { subscriptions: 'complete' });
    await parley.members.add(alice, id, [bob]);
    const { joinedAt } = (await parley.stores.inbox.row(bob, id)) ?? expect.fail('No row');
    const missing = () =>
      parley.stores.subscriptions.missing(bob, [{ userId: bob, conversationId: id, joinedAt }]);
    expect(await missing()).toEqual([]);
    await parley.members.remove(bob, id, bob);
    expect(await missing()).toHaveLength(1);
  });
});
