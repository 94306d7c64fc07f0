import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newHead, newRow } from '../../lambdas/services/new-conversation.ts';
import { createdConversationId } from '../../shared/domain/ids.ts';
import { type Fault, FaultSource } from '../faults/faults.ts';
import { type Container, World } from '../support/world.ts';

/** In so many conversations each user may be here. */
const most = 3;
const hourMs = 60 * 60 * 1000;

let world: World;
let now = Date.now();
const container = (faults: readonly Fault[] = []) =>
  world.container(new FaultSource(faults), () => now, most);
let parley: Container;

beforeAll(async () => {
  world = await World.open();
  parley = container();
});
afterAll(() => world.close());

const group = (creator: string, ...memberIds: string[]) =>
  parley.conversations.createGroup(creator, { title: 'A group', memberIds });
const idOf = async (made: ReturnType<typeof group>) => (await made).conversation.conversationId;
const refused = (work: Promise<unknown>) => expect(work).rejects.toMatchObject({ code: 'CONFLICT' });
const countOf = async (userId: string) => (await parley.stores.counts.count(userId))?.conversations;

test('who is in as many as one may be joins no more, however one would join, until one leaves', async () => {
  const [full = '', bob = '', carol = ''] = await world.users(3);
  await parley.conversations.openDm(full, bob);
  const own = await idOf(group(full));
  const other = await idOf(group(bob, full));
  await refused(group(full));
  await refused(group(bob, full, carol));
  await refused(parley.conversations.openDm(carol, full));
  const third = await idOf(group(carol, bob));
  await refused(parley.members.add(carol, third, [full]));
  // Whoever was named beside lost no place by it.
  expect([await countOf(bob), await countOf(carol)]).toEqual([3, 1]);
  // What exists goes on, and being added where one is needs no place.
  expect((await parley.conversations.openDm(bob, full)).created).toBe(false);
  await parley.members.add(bob, other, [full]);

  await parley.members.remove(full, other, full);
  await parley.members.add(carol, third, [full]);
  expect(await countOf(full)).toBe(3);
  await refused(parley.members.add(bob, other, [full]));
  await parley.members.remove(full, own, full);
  expect(await countOf(full)).toBe(2);
});

test('of many who add one user at the same time, so many succeed as there are places', async () => {
  const [wanted = '', ...others] = await world.users(9);
  const made = await Promise.allSettled(
    others.map((userId) => container().conversations.openDm(userId, wanted)),
  );
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(most);
  expect(await parley.stores.inbox.count(wanted)).toBe(most);
  for (const userId of others) expect(await countOf(userId)).toBe(await parley.stores.inbox.count(userId));
});

test('a group that names one too many who is full is not made; one who filled up since is left out', async () => {
  const [creator = '', full = '', ...crowd] = await world.users(62);
  for (let count = 0; count < most; count += 1) await group(full);
  await refused(group(creator, ...crowd, full));
  expect(await parley.stores.inbox.count(creator)).toBe(0);

  // As a creation leaves it that was cut short.
  const [late = ''] = crowd;
  for (let count = 0; count < most; count += 1) await group(late);
  const counts = { memberCount: 1, adminCount: 1 };
  const begun = newHead(createdConversationId(creator, 'again'), 'GROUP', 'A group', creator, counts);
  const head = { ...begun, pendingMemberIds: crowd };
  await parley.stores.memberships.create(head, [newRow(head, creator, 'admin')]);
  const creation = { title: 'A group', memberIds: crowd, createId: 'again' };
  const { conversation } = await parley.conversations.createGroup(creator, creation);
  expect(conversation.memberCount).toBe(1 + crowd.length - 1);
});

test('an erased user leaves no count behind', async () => {
  const [erased = ''] = await world.users(1);
  await group(erased);
  expect(await countOf(erased)).toBe(1);
  await parley.account.request(erased);
  const begun = now;
  for (let step = ''; step !== 'finished'; now += 61_000) {
    step = (await parley.erasure.next({ version: 1, userId: erased })).step;
    expect(now - begun).toBeLessThan(hourMs);
  }
  expect(await countOf(erased)).toBeUndefined();
});

test('whatever fails, nobody is in too many, and what was taken in vain is found again', async () => {
  const step = fc.record({
    what: fc.constantFrom('dm', 'group', 'add', 'leave'),
    by: fc.nat(2),
    whom: fc.nat(2),
    faults: fc.array(
      fc.oneof(
        { weight: 12, arbitrary: fc.constant<Fault>('none') },
        { weight: 1, arbitrary: fc.constantFrom<Fault>('before', 'after', 'conflict', 'timeout', 'death') },
      ),
      { maxLength: 25 },
    ),
    withNext: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
      const people = await world.users(3);
      const groups: string[] = [];
      const take = async ({ what, by, whom, faults }: (typeof steps)[number]) => {
        const [caller = '', other = ''] = [people[by], people[whom]];
        const [conversationId = ''] = groups.slice(whom);
        const { conversations, members } = container(faults);
        if (what === 'dm') await conversations.openDm(caller, other);
        else if (what === 'add') await members.add(caller, conversationId, people);
        else if (what === 'leave') await members.remove(caller, conversationId, caller);
        else {
          const made = await conversations.createGroup(caller, { title: 'A group', memberIds: [other] });
          groups.push(made.conversation.conversationId);
        }
      };
      let running: Promise<unknown>[] = [];
      for (const one of steps) {
        running.push(take(one).catch(() => undefined));
        if (one.withNext) continue;
        await Promise.all(running);
        running = [];
      }
      await Promise.all(running);
      for (const userId of people) {
        const held = await parley.stores.inbox.count(userId);
        expect(held).toBeLessThanOrEqual(most);
        expect((await countOf(userId)) ?? held).toBeGreaterThanOrEqual(held);
      }
      // In time each may join as many as are left.
      for (const userId of people) {
        while ((await parley.stores.inbox.count(userId)) < most) {
          now += 2 * hourMs;
          await group(userId);
        }
        await refused(group(userId));
      }
    }),
    { numRuns: 8 },
  );
}, 120_000);
