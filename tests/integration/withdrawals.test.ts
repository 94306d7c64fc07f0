/** How one who is being erased leaves each conversation. */
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { connect } from '../support/connect.ts';
import { writeGroup } from '../support/group-rows.ts';
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
  parley = world.container();
  [erin = '', alice = '', bob = ''] = (await world.users(3)).sort();
  for (const userId of [alice, bob]) await connect(parley, userId);
});

function heard(userId: string): ServerEvent[] {
  const frames = world.connections.posted.get(userId) ?? [];
  world.connections.posted.delete(userId);
  return frames.map((frame): ServerEvent => JSON.parse(frame));
}

async function setJoinedAt(conversationId: string, userId: string, at: string): Promise<void> {
  await parley.documents.send(
    new UpdateCommand({
      TableName: world.table('MembersByConversation'),
      Key: { conversationId, userId },
      UpdateExpression: 'SET joinedAt = :at',
      ExpressionAttributeValues: { ':at': at },
    }),
  );
}

const rolesIn = async (conversationId: string) =>
  (await parley.stores.memberships.all(conversationId)).map(({ userId, role }) => [userId, role]);

test('a direct conversation stays with the other, who is shown that it is with nobody', async () => {
  const { conversationId } = (await parley.conversations.openDm(alice, erin)).conversation;
  await parley.account.end(erin);
  heard(alice);
  await parley.withdrawal.withdraw(erin, conversationId);
  expect(await rolesIn(conversationId)).toEqual([[alice, 'member']]);
  const [, shown, ...more] = heard(alice);
  expect(shown).toMatchObject({ type: 'conversation', conversation: { conversationId, memberCount: 1 } });
  expect(shown).not.toHaveProperty('conversation.peer');
  expect(more).toEqual([]);
});

test('those who stay in a group hear of its new size, and of nothing else', async () => {
  const conversationId = await writeGroup(parley, alice, [erin, bob]);
  await parley.withdrawal.withdraw(erin, conversationId);
  const changed = { type: 'conversationChanged', conversationId, title: 'A group', memberCount: 2 };
  expect([heard(alice), heard(bob)]).toEqual([[changed], [changed]]);
});

test('the last admin hands over to who has been there longest, and who is shown the new role', async () => {
  const conversationId = await writeGroup(parley, erin, [alice, bob]);
  await setJoinedAt(conversationId, alice, '2026-01-02T00:00:00.000Z');
  await setJoinedAt(conversationId, bob, '2026-01-01T00:00:00.000Z');
  await parley.withdrawal.withdraw(erin, conversationId);
  expect(await rolesIn(conversationId)).toEqual([
    [alice, 'member'],
    [bob, 'admin'],
  ]);
  expect(heard(alice).map(({ type }) => type)).toEqual(['conversationChanged']);
  expect(heard(bob)[0]).toMatchObject({ type: 'conversation', conversation: { role: 'admin' } });
});

test('of two who joined at the same moment it is always the same one', async () => {
  const at = '2026-01-01T00:00:00.000Z';
  for (const first of [alice, bob]) {
    const conversationId = await writeGroup(parley, erin, [first, first === alice ? bob : alice]);
    for (const userId of [alice, bob]) await setJoinedAt(conversationId, userId, at);
    await parley.withdrawal.withdraw(erin, conversationId);
    expect(await rolesIn(conversationId)).toEqual([
      [alice, 'admin'],
      [bob, 'member'],
    ]);
  }
});

test('an admin beside another one hands nothing over, nor does the last member', async () => {
  const two = await writeGroup(parley, erin, [alice, bob]);
  await parley.members.setRole(erin, two, bob, 'admin');
  await parley.withdrawal.withdraw(erin, two);
  expect(await rolesIn(two)).toEqual([
    [alice, 'member'],
    [bob, 'admin'],
  ]);
  const alone = await writeGroup(parley, erin, []);
  await parley.withdrawal.withdraw(erin, alone);
  expect(await rolesIn(alone)).toEqual([]);
});

test('a group that counts more members than it has is left all the same', async () => {
  const conversationId = await writeGroup(parley, erin, []);
  await parley.documents.send(
    new UpdateCommand({
      TableName: world.table('Conversations'),
      Key: { conversationId },
      UpdateExpression: 'SET memberCount = :two',
      ExpressionAttributeValues: { ':two': 2 },
    }),
  );
  await parley.withdrawal.withdraw(erin, conversationId);
  expect(await rolesIn(conversationId)).toEqual([]);
});

test('where somebody else is faster it begins again', async () => {
  const conversationId = await writeGroup(parley, erin, [alice]);
  // Head, member, heirs; and the transaction that hands over.
  const handingOver = world.overtaken(3, () => parley.members.add(erin, conversationId, [bob]));
  await handingOver.withdrawal.withdraw(erin, conversationId);
  expect(await rolesIn(conversationId)).toEqual([
    [alice, 'admin'],
    [bob, 'member'],
  ]);
  expect(heard(alice).filter(({ type }) => type === 'conversation')).toHaveLength(1);
  await parley.members.add(alice, conversationId, [erin]);
  // Head, member; and the transaction that removes.
  const leaving = world.overtaken(2, () => parley.members.setRole(alice, conversationId, bob, 'admin'));
  await leaving.withdrawal.withdraw(erin, conversationId);
  expect(await rolesIn(conversationId)).toEqual([
    [alice, 'admin'],
    [bob, 'admin'],
  ]);
});

test('a row that lacked its member, who joined meanwhile, goes with the member', async () => {
  const conversationId = await writeGroup(parley, alice, [erin]);
  const row = (await parley.stores.memberships.member(conversationId, erin)) ?? expect.fail('No member');
  const members = world.table('MembersByConversation');
  const Key = { conversationId, userId: erin };
  await parley.documents.send(new DeleteCommand({ TableName: members, Key }));
  // Head, member; and the transaction that removes the row alone.
  const late = world.overtaken(2, () =>
    parley.documents.send(new PutCommand({ TableName: members, Item: row })),
  );
  await late.withdrawal.withdraw(erin, conversationId);
  expect(await rolesIn(conversationId)).toEqual([[alice, 'admin']]);
  expect(await parley.stores.inbox.row(erin, conversationId)).toBeUndefined();
});

test('its connections are forgotten, where the group has subscriptions', async () => {
  await connect(parley, erin);
  const conversationId = await writeGroup(parley, alice, [], { subscriptions: 'complete' });
  await parley.members.add(alice, conversationId, [erin]);
  const { joinedAt } = (await parley.stores.inbox.row(erin, conversationId)) ?? expect.fail('No row');
  const membership = { userId: erin, conversationId, joinedAt };
  expect(await parley.stores.subscriptions.missing(erin, [membership])).toEqual([]);
  await parley.withdrawal.withdraw(erin, conversationId);
  expect(await parley.stores.subscriptions.missing(erin, [membership])).toEqual([membership]);
});
