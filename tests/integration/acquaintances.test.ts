import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '../../shared/protocol/limits.ts';
import { FaultSource } from '../faults/faults.ts';
import { writeGroup } from '../support/group-rows.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
/** Is in more conversations than the look-ups of one call reach. */
let alice: string;
let bob: string;
const strangers = Array.from({ length: 99 }, () => `usr_${randomUUID()}`);
/** Where Alice shares a group with Bob alone, which was the first of all. */
let oldest: string;

beforeAll(async () => {
  world = await World.open();
  parley = world.container();
  [alice = '', bob = ''] = await world.users(2);
  oldest = await writeGroup(parley, alice, [bob]);
  for (let count = 0; count < limits.acquaintanceLookups; count += 1) await writeGroup(parley, alice, []);
}, 60_000);
afterAll(() => world.close());

/** Whom Alice gets to see, and the AWS calls of finding that out. */
async function asking(userIds: string[], conversationIds?: string[]) {
  const counted = new FaultSource([]);
  const known = await world.container(counted).acquaintances.among(alice, userIds, conversationIds);
  return { known, calls: counted.calls };
}

test('a hundred strangers cost the same few calls, whatever their lists hold', async () => {
  const [someone = '', ...others] = strangers;
  for (let count = 0; count < 20; count += 1) await writeGroup(parley, someone, others.slice(0, 20));
  const { known, calls } = await asking([...strangers, alice]);
  expect(known).toEqual([alice]);
  // Direct conversations, two lists of the caller's own, and three hundred memberships.
  expect(calls).toBeLessThanOrEqual(6);
  expect((await asking(strangers, [oldest])).calls).toBeLessThanOrEqual(6);
  expect(
    (
      await asking(
        strangers,
        strangers.map(() => `cnv_${randomUUID()}`),
      )
    ).calls,
  ).toBeLessThanOrEqual(6);
});

test('who shares but an old group is found where the group is named', async () => {
  expect((await asking([bob])).known).toEqual([]);
  expect(await asking([bob], [oldest])).toEqual({ known: [bob], calls: 1 });
  const elsewhere = strangers.map(() => `cnv_${randomUUID()}`);
  expect((await asking([...strangers, bob], [...elsewhere, oldest])).known).toEqual([bob]);
});

test('a DM is found however old it is, and members of recent groups, large ones too', async () => {
  const [carol = '', dave = '', erin = ''] = await world.users(3);
  await parley.conversations.openDm(alice, carol);
  for (let count = 0; count < 60; count += 1) await writeGroup(parley, alice, []);
  await writeGroup(parley, dave, [alice]);
  await writeGroup(parley, erin, [alice, ...strangers.slice(10)], { subscriptions: 'complete' });
  expect((await asking([strangers[0] ?? '', carol, dave, erin])).known).toEqual([carol, dave, erin]);
});

test('naming a conversation tells nothing to who is no member of it, and so to one who has left', async () => {
  const foreign = await writeGroup(parley, bob, strangers);
  expect((await asking([bob, ...strangers], [foreign])).known).toEqual([]);
  const left = await writeGroup(parley, bob, [alice, ...strangers]);
  expect((await asking([strangers[0] ?? ''], [left])).known).toEqual([strangers[0]]);
  await parley.members.remove(bob, left, alice);
  expect((await asking([strangers[0] ?? ''], [left])).known).toEqual([]);
});
