import { afterAll, beforeAll, expect, test } from 'vitest';
import { newHead, newRow } from '../../lambdas/services/new-conversation.ts';
import type { InboxStore } from '../../lambdas/stores/inbox-store.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
let parley: Container;
let inbox: InboxStore;
beforeAll(async () => {
  world = await World.open();
  parley = world.container();
  inbox = parley.stores.inbox;
});
afterAll(() => world.close());

const userId = 'usr_reader';
const lastActivityAt = new Date().toISOString();

/** A row at this position; what it is compared with below is the position it is at afterwards. */
async function rowAt(conversationId: string, lastSeq: number, lastReadSeq: number): Promise<void> {
  const head = newHead(conversationId, 'GROUP', 'Inbox', userId, { memberCount: 1, adminCount: 1 });
  await parley.stores.memberships.create({ ...head, lastSeq }, [
    { ...newRow({ ...head, lastSeq }, userId, 'admin'), lastReadSeq },
  ]);
}

test.each([
  { what: 'moves on', at: [4, 2], newest: 6, own: undefined, ends: [6, 2] },
  { what: 'stays where a late update is behind', at: [6, 2], newest: 5, own: undefined, ends: [6, 2] },
  { what: 'moves both for a sender', at: [4, 2], newest: 5, own: 5, ends: [5, 5] },
  {
    what: "does not move a sender's marker back that is ahead of the row",
    at: [4, 6],
    newest: 5,
    own: 5,
    ends: [5, 6],
  },
  { what: "moves a sender's marker where the row is ahead", at: [7, 3], newest: 5, own: 5, ends: [7, 5] },
  { what: 'moves a sender who spoke before the newest', at: [4, 4], newest: 9, own: 6, ends: [9, 6] },
])('a row $what', async ({ what, at: [lastSeq = 0, lastReadSeq = 0], newest, own, ends }) => {
  const conversationId = `cnv_${Buffer.from(what).toString('base64url').slice(0, 50)}`;
  await rowAt(conversationId, lastSeq, lastReadSeq);
  const activity = { conversationId, lastSeq: newest, lastActivityAt };
  // Twice: a batch may come again.
  for (let time = 0; time < 2; time += 1) {
    if (own === undefined) await inbox.advance(userId, activity);
    else await inbox.advanceSender(userId, activity, own);
  }
  const row = await inbox.row(userId, conversationId);
  expect([row?.lastSeq, row?.lastReadSeq]).toEqual(ends);
});

test('no update brings back the row of a member who left', async () => {
  const activity = { conversationId: 'cnv_left', lastSeq: 5, lastActivityAt };
  await inbox.advance(userId, activity);
  await inbox.advanceSender(userId, activity, 5);
  await inbox.markRead(userId, 'cnv_left', 5);
  expect(await inbox.setOwnSettings(userId, 'cnv_left', { pinned: true })).toBe(false);
  expect(await inbox.row(userId, 'cnv_left')).toBeUndefined();
});
