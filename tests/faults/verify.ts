import { expect } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import type { World } from '../support/world.ts';
import { userCount } from './schedule.ts';
import type { Simulation } from './simulation.ts';

/** What must hold at the end of a run, whatever happened in it: protocol promises 1 to 4, and the derived tables. */
export async function verify(world: World, run: Simulation): Promise<void> {
  const logs: Message[][] = [];
  for (const conversationId of run.conversationIds) {
    logs.push((await world.container().stores.messages.after(conversationId, 0, 1000)).messages);
  }
  for (const [conversation, log] of logs.entries()) {
    denseAndInOrder(log);
    await headAgrees(world, run, conversation, log);
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
  expect(head?.lastMessagePreview?.seq).toBe(last?.seq);
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

function eachStoredOnce(run: Simulation, logs: Message[][]): void {
  for (const { user, messageId, attempts, acknowledged } of run.sent) {
    const stored = logs.flatMap((log, conversation) =>
      log
        .filter((message) => message.messageId === messageId && message.senderId === run.userIds[user])
        .map(({ content }) => ({ conversation, content })),
    );
    expect(stored.length, `message ${messageId} is stored at most once`).toBeLessThanOrEqual(1);
    for (const one of stored) expect(attempts).toContainEqual(one);
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
      const event: { type: string; messages?: Message[] } = JSON.parse(frame);
      if (event.type !== 'message') continue;
      for (const message of event.messages ?? []) {
        expect(stored.get(`${message.conversationId}/${message.seq}`)).toEqual(message);
      }
    }
    world.connections.posted.delete(userId);
  }
}
