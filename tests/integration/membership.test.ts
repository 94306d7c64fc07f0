import { afterAll, beforeAll, expect, test } from 'vitest';
import { createdConversationId } from '../../shared/domain/ids.ts';
import { FaultSource } from '../faults/faults.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
});
afterAll(() => world.close());

async function memberIds(conversationId: string): Promise<string[]> {
  return (await parley.stores.memberships.all(conversationId)).map((member) => member.userId);
}

test('two who open a DM at once have one', async () => {
  const [alice = '', bob = ''] = await world.users(2);
  const opened = await Promise.all([
    world.container().conversations.openDm(alice, bob),
    world.container().conversations.openDm(bob, alice),
  ]);
  expect(new Set(opened.map(({ conversation }) => conversation.conversationId)).size).toBe(1);
  expect(opened.filter(({ created }) => created)).toHaveLength(1);
});

test('a group of 101 is whole, and its counts are right', async () => {
  const [creator = '', ...others] = await world.users(101);
  const { conversation } = await parley.conversations.createGroup(creator, {
    title: 'All',
    memberIds: others,
  });
  expect(conversation.memberCount).toBe(101);
  expect(await memberIds(conversation.conversationId)).toEqual([creator, ...others].sort());
  const head = await parley.stores.conversations.head(conversation.conversationId);
  expect(head).not.toHaveProperty('pendingMemberIds');
});

test('a creation cut short is finished by its retry, and does not bring back who was removed since', async () => {
  const [creator = '', ...others] = await world.users(60);
  const group = { title: 'All', memberIds: others, createId: 'once' };
  // A place for each takes four calls, since none of them has been counted yet.
  const dying = world.container(new FaultSource([...Array(8 + 4 * 60).fill('none'), 'death']));
  await expect(dying.conversations.createGroup(creator, group)).rejects.toThrow();
  const cutShort = await parley.stores.conversations.head(createdConversationId(creator, 'once'));
  expect(cutShort).toMatchObject({ memberCount: 49, pendingMemberIds: others.slice(48) });

  const finished = await parley.conversations.createGroup(creator, group);
  expect(finished).toMatchObject({ created: false, conversation: { memberCount: 60 } });
  const { conversationId } = finished.conversation;
  await parley.members.remove(creator, conversationId, others[0] ?? '');
  const repeated = await parley.conversations.createGroup(creator, group);
  expect(repeated.conversation).toMatchObject({ conversationId, memberCount: 59 });
});

test('of two last admins who step down at once, one stays', async () => {
  const [ann = '', ben = '', cleo = ''] = await world.users(3);
  for (let round = 0; round < 5; round += 1) {
    const group = { title: 'Admins', memberIds: [ben, cleo] };
    const { conversationId } = (await parley.conversations.createGroup(ann, group)).conversation;
    await parley.members.setRole(ann, conversationId, ben, 'admin');
    const outcomes = await Promise.allSettled([
      world.container().members.setRole(ann, conversationId, ann, 'member'),
      world.container().members.remove(ben, conversationId, ben),
    ]);
    const refusals = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason.code] : [],
    );
    expect(refusals).toEqual(['CONFLICT']);
    const head = await parley.stores.conversations.head(conversationId);
    const members = await parley.stores.memberships.all(conversationId);
    expect(head?.adminCount).toBe(1);
    expect(members.filter((member) => member.role === 'admin')).toHaveLength(1);
  }
});

test('many who add members at once lose none and count each once', async () => {
  const [creator = '', ...others] = await world.users(9);
  const group = { title: 'Growing', memberIds: [] };
  const { conversationId } = (await parley.conversations.createGroup(creator, group)).conversation;
  // Each is added by two calls at the same time.
  await Promise.all(
    others.map((userId, index) =>
      world
        .container()
        .members.add(creator, conversationId, [userId, others[(index + 1) % others.length] ?? '']),
    ),
  );
  const head = await parley.stores.conversations.head(conversationId);
  expect(head?.memberCount).toBe(9);
  expect(await memberIds(conversationId)).toEqual([creator, ...others].sort());
});
