import { expect } from 'vitest';
import { type ChangeRecord, recordOf } from '../../lambdas/stores/change-log.ts';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { changedMessage } from '../../shared/domain/message-changes.ts';
import { messagePreview } from '../../shared/domain/message-preview.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { World } from '../support/world.ts';
import { userCount } from './schedule.ts';
import type { Simulation } from './simulation.ts';

/** What must hold at the end of a run, whatever happened in it: protocol promises 1 to 4 and 6, and the derived tables. */
export async function verify(world: World, run: Simulation): Promise<void> {
  const logs: Message[][] = [];
  for (const conversationId of run.conversationIds) {
    logs.push((await world.container().stores.messages.after(conversationId, 0, 1000)).messages);
  }
  for (const [conversation, log] of logs.entries()) {
    denseAndInOrder(log);
    await headAgrees(world, run, conversation, log);
    await changesAgree(world, run, conversation, log);
    await inboxesAgree(world, run, conversation, log);
  }
  eachStoredOnce(run, logs);
  eachSendersOrderKept(run, logs);
  nobodySpeaksWhileAway(run, logs);
  pushesAreOfStoredMessages(world, run, logs);
}

function denseAndInOrder(log: Message[]): void {
  expect(log.map((message) => message.seq)).toEqual(log.map((_, index) => index + 1));
  const times = log.map((message) => message.createdAt);
  expect(times, 'times never decrease').toEqual([...times].sort());
}

async function headAgrees(world: World, run: Simulation, conversation: number, log: Message[]) {
  const { stores } = world.container();
  const conversationId = run.conversationIds[conversation] ?? '';
  const head = await stores.conversations.head(conversationId);
  const members = await stores.memberships.all(conversationId);
  const last = log.at(-1);
  expect(head?.lastSeq).toBe(log.length);
  expect(head?.lastMessagePreview ?? undefined).toEqual(last && messagePreview(last));
  expect(head?.memberCount).toBe(members.length);
  expect(head?.adminCount).toBe(members.filter((member) => member.role === 'admin').length);
}

/** The rows of those who are members, and of nobody else; unread is what the others said since the marker. */
async function inboxesAgree(world: World, run: Simulation, conversation: number, log: Message[]) {
  const { stores } = world.container();
  const conversationId = run.conversationIds[conversation] ?? '';
  for (let user = 0; user < userCount; user += 1) {
    const userId = run.userIds[user] ?? '';
    const [row, member] = await Promise.all([
      stores.inbox.row(userId, conversationId),
      stores.memberships.member(conversationId, userId),
    ]);
    expect(row === undefined, `user ${user}: member and inbox rows are there together`).toBe(
      member === undefined,
    );
    if (row === undefined || member === undefined) continue;

    expect(row.lastSeq, `user ${user} of conversation ${conversation}: lastSeq`).toBe(log.length);
    const ownSince = log.filter((message) => message.senderId === userId && message.seq > member.joinedSeq);
    const marker = Math.max(
      member.joinedSeq,
      ownSince.at(-1)?.seq ?? 0,
      run.markers.get(`${user}/${conversation}`) ?? 0,
    );
    expect(row.lastReadSeq, `user ${user} of conversation ${conversation}: lastReadSeq`).toBe(marker);
  }
}

/**
 * Each applied change has a revision of its own; each changed message stands once among the changes, by its present one; and a
 * message is what the changes to it come to in the order of the stream.
 */
async function changesAgree(world: World, run: Simulation, conversation: number, log: Message[]) {
  const { stores, changed } = world.container();
  const conversationId = run.conversationIds[conversation] ?? '';
  const head = await stores.conversations.head(conversationId);
  const changes = run.changes.filter((change) => change.conversationId === conversationId);
  const records: Map<string, Partial<ChangeRecord>> = await stores.log.idempotencyRecords(
    uniqueByAcceptId(changes).map(recordOf),
  );
  const given = [...records.values()].flatMap(({ revision }) => revision ?? []);
  expect(
    given.sort((one, other) => one - other),
    'each revision was given once',
  ).toEqual(Array.from({ length: head?.lastRevision ?? 0 }, (_, index) => index + 1));

  const { messages } = await changed.after(conversationId, 0, 1000);
  const expected = log.filter(({ revision }) => revision !== undefined);
  expect(messages).toEqual(expected.sort((one, other) => (one.revision ?? 0) - (other.revision ?? 0)));

  const absent = new Set(run.userIds.filter((_, user) => run.absences.has(`${user}/${conversation}`)));
  for (const message of log) {
    const own = uniqueByAcceptId(changes.filter(({ seq }) => seq === message.seq));
    const before = original(run, message);
    // Whether someone who comes and goes was there at that moment is not known here.
    if (before === undefined || own.some(({ userId }) => absent.has(userId))) continue;
    const { content, deleted, reactions } = own.reduce(changedByMember(run), before);
    expect([message.content, message.deleted, message.reactions]).toEqual([content, deleted, reactions]);
  }
}

function uniqueByAcceptId(changes: AcceptedChange[]): AcceptedChange[] {
  const first = new Map<string, AcceptedChange>();
  for (const change of changes) if (!first.has(change.acceptId)) first.set(change.acceptId, change);
  return [...first.values()];
}

/** User 0 is the admin of both conversations. */
function changedByMember(run: Simulation) {
  return (message: Message, { change, userId }: AcceptedChange): Message => {
    const role = userId === run.userIds[0] ? 'admin' : 'member';
    try {
      return changedMessage(message, change, { userId, role }, message.createdAt);
    } catch (error) {
      if (error instanceof ParleyError) return message; // Refused, as it was in the run.
      throw error;
    }
  };
}

/** The message as it was stored; `undefined` where it was sent with other words too, and may be stored as of either sending. */
function original(run: Simulation, message: Message): Message | undefined {
  const { editedAt, deleted, reactions, revision, ...rest } = message;
  const sent = run.sent.find(({ messageId }) => messageId === message.messageId);
  const [content, ...others] = new Set(sent?.attempts.map((attempt) => attempt.content));
  return content === undefined || others.length > 0 ? undefined : { ...rest, content };
}

/** What has not changed again since is in the event that says that it brings all changes up to there. */
function bringsAllItSpans(
  {
    messages = [],
    afterRevision = 0,
    lastRevision = 0,
  }: { messages?: Message[]; afterRevision?: number; lastRevision?: number },
  log: Message[],
): void {
  for (const { conversationId, seq, revision = 0 } of log) {
    if (conversationId !== messages[0]?.conversationId) continue;
    if (revision <= afterRevision || revision > lastRevision) continue;
    expect(messages).toContainEqual(expect.objectContaining({ seq, revision }));
  }
}

function idsOf({ conversationId, seq, messageId, senderId, createdAt }: Message) {
  return { conversationId, seq, messageId, senderId, createdAt };
}

function eachStoredOnce(run: Simulation, logs: Message[][]): void {
  for (const { user, messageId, attempts, acknowledged } of run.sent) {
    const stored = logs.flatMap((log, conversation) =>
      log
        .filter((message) => message.messageId === messageId && message.senderId === run.userIds[user])
        .map(({ content }) => ({ conversation, content })),
    );
    expect(stored.length, `message ${messageId} is stored at most once`).toBeLessThanOrEqual(1);
    for (const { conversation, content } of stored) {
      const sent = attempts.filter((attempt) => attempt.conversation === conversation);
      expect(sent.length, `message ${messageId} is where it was sent to`).toBeGreaterThan(0);
      const changed = logs[conversation]?.some(
        (one) => one.messageId === messageId && (one.editedAt ?? one.deleted),
      );
      if (!changed) expect(sent).toContainEqual({ conversation, content });
    }
    // One who left before it was stored is told so; anyone else's acknowledged message is there.
    const mayBeRefused = attempts.some(({ conversation }) => run.absences.has(`${user}/${conversation}`));
    if (acknowledged && !mayBeRefused) expect(stored.length, `message ${messageId} was acknowledged`).toBe(1);
  }
}

/** Of two messages of one sender, the second begun after the first's ack, the first has the lower `seq`. */
function eachSendersOrderKept(run: Simulation, logs: Message[][]): void {
  const seqs = new Map(logs.flatMap((log) => log.map((message) => [message.messageId, message] as const)));
  for (const first of run.sent) {
    for (const second of run.sent) {
      if (first.user !== second.user || first.acknowledgedAt >= second.begunAt) continue;
      const [one, other] = [seqs.get(first.messageId), seqs.get(second.messageId)];
      // A message that was resent with other words may be stored as of either sending.
      const plain = first.attempts.every((attempt) => attempt.content === first.attempts[0]?.content);
      if (!plain || !one || !other || one.conversationId !== other.conversationId) continue;
      expect(one.seq, `${first.messageId} before ${second.messageId}`).toBeLessThan(other.seq);
    }
  }
}

function nobodySpeaksWhileAway(run: Simulation, logs: Message[][]): void {
  for (const { user, conversation, from, to } of run.away) {
    const spoken = logs[conversation]?.filter(
      ({ senderId, seq }) => senderId === run.userIds[user] && seq > from && seq <= to,
    );
    expect(spoken, `user ${user} left conversation ${conversation} at ${from}`).toEqual([]);
  }
}

function pushesAreOfStoredMessages(world: World, run: Simulation, logs: Message[][]): void {
  const stored = new Map(logs.flat().map((message) => [`${message.conversationId}/${message.seq}`, message]));
  for (const userId of run.userIds) {
    for (const frame of world.connections.posted.get(userId) ?? []) {
      const event: { messages?: Message[]; afterRevision?: number; lastRevision?: number } =
        JSON.parse(frame);
      bringsAllItSpans(event, logs.flat());
      for (const message of event.messages ?? []) {
        const now = stored.get(`${message.conversationId}/${message.seq}`);
        // Of what has changed since it was pushed, what never changes is the same.
        if (now?.revision === message.revision) expect(message).toEqual(now);
        else expect(idsOf(message)).toEqual(now && idsOf(now));
        expect(message.revision ?? 0).toBeLessThanOrEqual(now?.revision ?? 0);
      }
    }
    world.connections.posted.delete(userId);
  }
}
