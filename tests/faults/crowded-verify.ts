import { expect } from 'vitest';
import { type ChangeRecord, recordOf } from '../../lambdas/stores/change-log.ts';
import { idempotencyKey } from '../../lambdas/stores/message-log.ts';
import { changedMessage } from '../../shared/domain/message-changes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { World } from '../support/world.ts';
import type { CrowdedBatch } from './crowded-batch.ts';
import { eventsOf, seqsIn } from './large-group-simulation.ts';

/** What must hold once a crowded batch is delivered: above all that no member's record is lost or refused. */
export async function verifyCrowdedBatch(world: World, run: CrowdedBatch): Promise<void> {
  const observer = world.container();
  const { messages: log } = await observer.stores.messages.after(run.conversationId, 0, 1000);
  const head = await observer.stores.conversations.head(run.conversationId);
  const isLarge = head?.isLarge === true;
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  expect(head?.lastSeq).toBe(log.length);

  const fanOut = world.container();
  await world.fanOutAll(fanOut);
  const heard = new Map(
    run.connected.map((userId) => [userId, eventsOf(world, userId).filter((event) => isOf(run, event))]),
  );
  world.connections.posted.clear();

  eachStoredOnceInOrder(run, log);
  await recordsAgree(world, run, log);
  await markersAgree(world, run, log, isLarge);
  const refused = await changesAgree(world, run, log);
  errorsAreTrue(run, heard, refused);
  // A push that failed is not repeated, for the client repairs the gap. Fan-out is none of this run's failing calls.
  if (fanOut.counted.has('PushFailures')) return;
  if (run.source.hasLostPushes && run.plan.group !== 'large') return;
  for (const userId of run.listeners) hearsAll(userId, heard.get(userId) ?? [], run, log);
}

/** On a busy machine, a post that was given up may arrive after its run. */
function isOf(run: CrowdedBatch, event: ServerEvent): boolean {
  if ('messages' in event) return event.messages.every((one) => one.conversationId === run.conversationId);
  const all = [...run.firsts, ...run.targets];
  return event.type === 'error' && all.some(({ messageId }) => messageId === event.messageId);
}

function eachStoredOnceInOrder(run: CrowdedBatch, log: Message[]): void {
  const sentIds = new Set(run.firsts.map(({ messageId }) => messageId));
  const said = log.filter(({ messageId }) => sentIds.has(messageId));
  for (const userId of run.senders) {
    const stored = said.filter(({ senderId }) => senderId === userId).map(asStored);
    const storedIds = stored.map(({ messageId }) => messageId);
    const sent = run.firsts.filter(({ senderId }) => senderId === userId).map(asStored);
    // Of one who left, some may have been refused.
    const wanted = run.left.has(userId)
      ? sent.filter(({ messageId }) => storedIds.includes(messageId))
      : sent;
    expect(stored, `messages of ${userId}`).toEqual(wanted);
  }
}

function asStored({ messageId, content }: Pick<Message, 'messageId' | 'content'>) {
  return { messageId, content };
}

async function recordsAgree(world: World, run: CrowdedBatch, log: Message[]): Promise<void> {
  const records = await world.container().stores.log.idempotencyRecords(run.firsts);
  for (const first of run.firsts) {
    const { conversationId, messageId, senderId, acceptId } = first;
    const seq = log.find((message) => idempotencyKey(message) === idempotencyKey(first))?.seq;
    const record = records.get(idempotencyKey(first));
    if (seq === undefined) expect(record).toBeUndefined();
    else expect(record).toMatchObject({ conversationId, messageId, senderId, acceptId, seq });
  }
}

async function markersAgree(
  world: World,
  run: CrowdedBatch,
  log: Message[],
  isLarge: boolean,
): Promise<void> {
  const { conversationId } = run;
  const sentIds = new Set(run.firsts.map(({ messageId }) => messageId));
  const own = log.filter(({ messageId }) => sentIds.has(messageId));
  const newestOwn = new Map(own.map(({ senderId, seq }) => [senderId, seq]));
  const newest = own.at(-1)?.seq ?? 0;
  const rows = await world
    .container()
    .stores.inbox.rows(run.members.map((userId) => ({ userId, conversationId })));
  expect(rows).toHaveLength(run.members.length);
  for (const { userId, lastSeq, lastReadSeq } of rows) {
    expect(lastReadSeq, `read marker of ${userId}`).toBeGreaterThanOrEqual(newestOwn.get(userId) ?? 0);
    if (!isLarge) expect(lastSeq, `inbox row of ${userId}`).toBeGreaterThanOrEqual(newest);
  }
}

/** Each change has one record, which says what comes of it in its turn. Returns the codes of refusals by `user/messageId`. */
async function changesAgree(
  world: World,
  run: CrowdedBatch,
  log: Message[],
): Promise<Map<string, Set<string>>> {
  const { stores, changed } = world.container();
  const records: Map<string, Partial<ChangeRecord>> = await stores.log.idempotencyRecords(
    run.changes.map(recordOf),
  );
  const refused = new Map<string, Set<string>>();
  const now = new Map(
    run.targets.map((target, index) => [index + 1, withoutRevision(log[index], target.content)]),
  );
  const revisions: number[] = [];
  for (const change of run.changes) {
    const record = records.get(idempotencyKey(recordOf(change)));
    expect(record, `record of change ${change.acceptId}`).toMatchObject({
      conversationId: run.conversationId,
      seq: change.seq,
    });
    const before = now.get(change.seq);
    if (before === undefined) throw new Error('A target was never stored');
    const role = change.userId === run.members[0] ? 'admin' : 'member';
    try {
      const after = changedMessage(before, change.change, { userId: change.userId, role }, before.createdAt);
      expect(record?.refusedWith).toBeUndefined();
      expect(record?.revision === undefined).toBe(after === before);
      revisions.push(...(record?.revision === undefined ? [] : [record.revision]));
      now.set(change.seq, after);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      expect(record?.refusedWith).toBe(error.code);
      const key = `${change.userId}/${before.messageId}`;
      refused.set(key, new Set([...(refused.get(key) ?? []), error.code]));
    }
  }
  expect(revisions, 'changes are made in their order').toEqual(revisions.map((_, index) => index + 1));
  expect((await stores.conversations.head(run.conversationId))?.lastRevision).toBe(revisions.length);
  for (const [seq, { content, deleted, reactions }] of now) {
    const { content: text, deleted: isDeleted, reactions: all } = log[seq - 1] ?? {};
    expect([text, isDeleted, all], `message ${seq}`).toEqual([content, deleted, reactions]);
  }
  const inOrder = log
    .filter(({ revision }) => revision !== undefined)
    .sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
  expect((await changed.after(run.conversationId, 0, 100)).messages).toEqual(inOrder);
  return refused;
}

function withoutRevision(message: Message | undefined, content: string): Message {
  if (message === undefined) throw new Error('A target was never stored');
  const { editedAt, deleted, reactions, revision, ...rest } = message;
  return { ...rest, content };
}

/** A `messageId` that was used for other content, and a change that may not be made: of these a member is told, and of no others. */
function errorsAreTrue(
  run: CrowdedBatch,
  heard: Map<string, ServerEvent[]>,
  refused: Map<string, Set<string>>,
): void {
  const wanted = new Map(refused);
  for (const { senderId, messageId } of run.firsts) {
    if (run.conflicting.has(messageId)) wanted.set(`${senderId}/${messageId}`, new Set(['CONFLICT']));
  }
  const told = new Map<string, Set<string>>();
  for (const [userId, events] of heard) {
    for (const event of events) {
      if (event.type !== 'error') continue;
      const key = `${userId}/${event.messageId}`;
      told.set(key, new Set([...(told.get(key) ?? []), event.code]));
      expect([...(wanted.get(key) ?? [])], `errors for ${key}`).toContain(event.code);
    }
  }
  if (run.source.hasLostPushes) return;
  for (const [key, codes] of wanted) {
    if (heard.has(key.split('/')[0] ?? '')) expect(told.get(key), `errors told for ${key}`).toEqual(codes);
  }
}

/** All messages of the batch that were stored, and each target as the changes left it. */
function hearsAll(userId: string, events: ServerEvent[], run: CrowdedBatch, log: Message[]): void {
  const seqs = seqsIn(events);
  const sentIds = new Set(run.delivered.map(({ messageId }) => messageId));
  const unheard = log.filter(({ messageId, seq }) => sentIds.has(messageId) && !seqs.has(seq));
  expect(
    unheard.map(({ seq }) => seq),
    `not heard by ${userId}`,
  ).toEqual([]);
  const changed = events.flatMap((event) => (event.type === 'messageChanged' ? event.messages : []));
  for (const { seq, revision } of log) {
    if (revision === undefined) continue;
    expect(
      changed.some((message) => message.seq === seq && message.revision === revision),
      `change ${revision} heard by ${userId}`,
    ).toBe(true);
  }
}
