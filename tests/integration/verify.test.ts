/** `npm run verify` finds what is wrong with derived data and nothing else, and mends it under live traffic. */
import { randomUUID } from 'node:crypto';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exitCodes, verify, verifyStores } from '../../scripts/verify/run-verify.ts';
import type { Message } from '../../shared/protocol/entities.ts';
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
let stranger: string;
let conversationId: string;

beforeEach(openGroup);

/** Alice, Bob and four others in a group in which both have written, and reacted: to the first message both. */
async function openGroup(): Promise<void> {
  const [first = '', second = '', outside = '', ...others] = await world.users(7);
  [alice, bob, stranger] = [first, second, outside];
  const group = { title: 'Verified', memberIds: [bob, ...others] };
  conversationId = (await parley.conversations.createGroup(alice, group)).conversation.conversationId;
  for (const sender of [alice, bob, alice, bob]) await send(sender);
  await deliverAll();
  await react(alice, 1);
  await react(bob, 1);
  await react(alice, 4);
  await deliverAll();
}

const send = (senderId: string, messageId: string = randomUUID()) =>
  parley.accept.accept(
    { userId: senderId, authEpoch: 1 },
    { conversationId, messageId, type: 'text', content: `said ${messageId}` },
  );

const edit = () => ({ type: 'edit', content: `said otherwise ${randomUUID()}` }) as const;
const react = (userId: string, seq: number, emoji = '👍') =>
  parley.acceptChange.accept(
    { userId: userId, authEpoch: 1 },
    { conversationId, seq },
    { type: 'react', emoji, op: 'add' },
  );

async function deliverAll(): Promise<void> {
  expect(await parley.deliver.deliver(await world.newRecords())).toEqual([]);
}

type Result = { code: number; findings: string[]; lines: string[] };

async function check(options: { all?: boolean; repair?: boolean } = {}): Promise<Result> {
  const tables = {
    conversations: world.table('Conversations'),
    members: world.table('MembersByConversation'),
    messages: world.table('MessagesByConversation'),
    changes: world.table('Changes'),
    inbox: world.table('ConversationsByUser'),
    idempotency: world.table('Idempotency'),
    users: world.table('Users'),
  };
  const lines: string[] = [];
  const { all = false, repair = false } = options;
  const code = await verify(
    verifyStores(parley.documents, tables),
    { conversation: all ? undefined : conversationId, repair, patienceMs: 400 },
    (line) => lines.push(line),
  );
  const names: Record<string, string> = { [alice]: 'alice', [bob]: 'bob', [stranger]: 'stranger' };
  const findings = lines.flatMap((line) => {
    const [, id, userId = '', name] = /^(\S+) {2}(\S+) {2}([\w.]+): found /.exec(line) ?? [];
    return id === conversationId ? [`${name} ${names[userId] ?? userId}`] : [];
  });
  return { code, findings: findings.sort(), lines };
}

async function log() {
  return (await parley.stores.messages.after(conversationId, 0, 1_000)).messages;
}

async function setRow(userId: string, values: Record<string, unknown>): Promise<void> {
  await update('ConversationsByUser', { userId, conversationId }, values);
}

async function setHead(values: Record<string, unknown>): Promise<void> {
  await update('Conversations', { conversationId }, values);
}

async function update(table: string, Key: object, values: Record<string, unknown>): Promise<void> {
  const names = Object.keys(values);
  await parley.documents.send(
    new UpdateCommand({
      TableName: world.table(table),
      Key,
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, values[name]])),
    }),
  );
}

/** Each is one thing out of order, with what the check must say of it. */
const damages: Record<string, { finding: string; does: () => Promise<unknown> }> = {
  'no row': {
    finding: 'inbox.row alice',
    does: () =>
      parley.documents.send(
        new DeleteCommand({
          TableName: world.table('ConversationsByUser'),
          Key: { userId: alice, conversationId },
        }),
      ),
  },
  'wrong role': { finding: 'inbox.role bob', does: () => setRow(bob, { role: 'admin' }) },
  'row ahead': { finding: 'inbox.lastSeq bob', does: () => setRow(bob, { lastSeq: 900 }) },
  'read too far': { finding: 'inbox.lastReadSeq bob', does: () => setRow(bob, { lastReadSeq: 900 }) },
  'own not read': { finding: 'inbox.lastReadSeq bob', does: () => setRow(bob, { lastReadSeq: 1 }) },
  'wrong activity': {
    finding: 'inbox.lastActivityAt bob',
    does: () => setRow(bob, { lastActivityAt: '2020-01-01T00:00:00.000Z' }),
  },
  'row behind': { finding: 'inbox.lastSeq bob', does: () => setRow(bob, { lastSeq: 2 }) },
  'a row too many': {
    finding: 'inbox.row stranger',
    does: async () => {
      const row = await parley.stores.inbox.row(bob, conversationId);
      const Item = { ...row, userId: stranger };
      await parley.documents.send(new PutCommand({ TableName: world.table('ConversationsByUser'), Item }));
    },
  },
  'no place among the changes': {
    finding: 'changes.place -',
    does: () =>
      parley.documents.send(
        new DeleteCommand({ TableName: world.table('Changes'), Key: { conversationId, revision: 2 } }),
      ),
  },
  'a place too many': {
    finding: 'changes.stray -',
    does: () => update('Changes', { conversationId, revision: 1 }, { seq: 2 }),
  },
  'revision behind': { finding: 'head.lastRevision -', does: () => setHead({ lastRevision: 1 }) },
  'wrong preview': {
    finding: 'head.lastMessagePreview -',
    does: () => setHead({ lastMessagePreview: { seq: 1, senderId: bob, text: 'an old one' } }),
  },
  'wrong member count': { finding: 'head.memberCount -', does: () => setHead({ memberCount: 17 }) },
  'wrong admin count': { finding: 'head.adminCount -', does: () => setHead({ adminCount: 0 }) },
};
/** Of two that touch the same attribute, the later hides the earlier. */
const sameAttribute = [
  ['row ahead', 'row behind'],
  ['read too far', 'own not read'],
];

test('what nobody touched is right', async () => {
  expect(await check({ all: true })).toMatchObject({ code: exitCodes.clean, findings: [] });
});

test('any damage is found exactly, mended while people write, and messages are as they were', {
  timeout: 120_000,
}, async () => {
  const someDamage = fc
    .subarray(Object.keys(damages), { minLength: 1 })
    .filter((names) => !sameAttribute.some((pair) => pair.every((name) => names.includes(name))));
  await fc.assert(
    fc.asyncProperty(someDamage, async (names) => {
      await openGroup();
      const before = await log();
      for (const name of names) await damages[name]?.does();
      const found = await check({ all: true });
      const expected = names.map((name) => damages[name]?.finding ?? '').sort();
      expect(found).toMatchObject({ code: exitCodes.findings, findings: expected });
      expect(found.lines.join('\n')).not.toContain('said ');

      // Alice may have no row until it is mended, so Bob does the talking.
      let talking = true;
      const traffic = (async () => {
        while (talking) {
          await send(bob);
          await deliverAll();
          // A head whose revision is behind would give numbers out twice: nobody changes anything until it is mended.
          if (!names.includes('revision behind'))
            await parley.acceptChange.accept(
              { userId: bob, authEpoch: 1 },
              { conversationId, seq: 2 },
              edit(),
            );
          await deliverAll();
        }
      })();
      await check({ all: true, repair: true });
      talking = false;
      await traffic;
      await send(alice);
      await deliverAll();

      expect(await check({ all: true })).toMatchObject({ code: exitCodes.clean, findings: [] });
      const after = await log();
      const untouched = (messages: Message[]) =>
        messages.slice(0, before.length).filter(({ seq }) => seq !== 2);
      expect(untouched(after)).toEqual(untouched(before));
      expect(after.map(({ seq }) => seq)).toEqual(after.map((_, index) => index + 1));
    }),
    { numRuns: 6 },
  );
});

test('a head that fell behind its messages holds up the conversation, and is mended', async () => {
  await setHead({ lastSeq: 2 });
  expect((await check()).findings).toEqual(['head.lastSeq -']);
  expect(await check({ repair: true })).toMatchObject({ code: exitCodes.findings });
  await send(alice);
  await deliverAll();
  expect((await log()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect((await check()).code).toBe(exitCodes.clean);
});

test('a message that is gone is told, and neither made up nor its number given out again', async () => {
  await parley.documents.send(
    new DeleteCommand({ TableName: world.table('MessagesByConversation'), Key: { conversationId, seq: 4 } }),
  );
  const { findings, lines } = await check({ all: true, repair: true });
  expect(findings).toEqual([`idempotency.message bob`, 'messages.dense -']);
  expect(lines.join('\n')).toContain('4 is missing');
  expect(await log()).toHaveLength(3);
  expect((await parley.stores.conversations.head(conversationId))?.lastSeq).toBe(4);
});

test('messages of a user who was erased need no record, and must say nothing once it is finished', async () => {
  await parley.account.request(bob);
  await parley.stores.records.remove(await parley.stores.records.some(bob, 100));
  expect((await check()).code).toBe(exitCodes.clean);
  await parley.stores.users.finishErasure(bob);
  const { findings, lines } = await check({ repair: true });
  expect(findings).toEqual(['messages.erased bob', 'messages.erased bob']);
  expect(lines.join('\n')).not.toContain('said ');
  expect(
    (await log()).filter(({ senderId }) => senderId === bob).map(({ content }) => content),
  ).not.toContain('');
});

test('repairing races with somebody who joins and one who leaves, and undoes neither', async () => {
  const [joining = ''] = await world.users(1);
  await setHead({ memberCount: 17, adminCount: 9 });
  await setRow(bob, { role: 'admin' });
  await Promise.all([
    check({ repair: true }),
    parley.members.add(alice, conversationId, [joining]),
    parley.members.remove(bob, conversationId, bob),
  ]);
  await check({ repair: true });
  expect((await check()).code).toBe(exitCodes.clean);
  expect(await parley.stores.inbox.row(joining, conversationId)).toBeDefined();
  expect(await parley.stores.inbox.row(bob, conversationId)).toBeUndefined();
  expect((await parley.stores.conversations.head(conversationId))?.memberCount).toBe(6);
});

test('a conversation that is not there could not be checked', async () => {
  conversationId = 'cnv_none';
  expect((await check()).code).toBe(exitCodes.notChecked);
});
