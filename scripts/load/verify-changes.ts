import { type Check, Checking } from './checking.ts';
import {
  type Change,
  type ChangeAction,
  type Copy,
  type Observation,
  ofMember,
  type Stored,
  type StoredConversation,
  type StoredTruth,
} from './observation.ts';

/**
 * How long a frame without an answer may still take effect: the ten seconds that its function has (`infra/functions.ts`), and as
 * much again for one that waits on a busy machine, or an AWS call that outlives its function.
 */
export const lateEffectMs = 20_000;

/** What docs/protocol.md promises of changes to messages. Nothing where nobody has changed any. */
export function verifyChanges(observation: Observation, truth: StoredTruth): Check[] {
  if (observation.changes.length === 0) return [nothingChanged(truth)].filter(({ failures }) => failures > 0);
  return [
    answered(observation, truth),
    inEffect(observation, truth),
    copiesAgree(observation, truth),
    neverOlder(observation),
    nothingMadeUp(observation, truth),
  ];
}

/** Whether a frame of it went without an answer, so that it may take effect later than it seemed to, or after all. */
export function mayComeLate({ attempts, outcome }: Change): boolean {
  return attempts > (outcome === 'pending' ? 0 : 1);
}

/** What in a conversation is not as the changes to it, which are no longer under way, left it: one list for each message. */
export function problemsOf(conversation: StoredConversation, changes: readonly Change[], sent: SentWords) {
  const bySeq = Map.groupBy(changes, ({ seq }) => seq);
  return conversation.messages
    .filter(({ copy, seq }) => copy !== undefined || bySeq.has(seq))
    .map((message) => messageProblems(message, bySeq.get(message.seq) ?? [], sent));
}

/** Members whose client shows a message of the conversation otherwise than the server has it, with what it shows. */
export function differingCopies(
  { copies }: Pick<Observation, 'copies'>,
  conversationId: string,
  { members, messages }: StoredConversation,
): { userId: string; seq: number; problem: string | undefined }[] {
  return members.flatMap((userId) => {
    const told = ofMember(copies, userId, conversationId);
    return messages.flatMap(({ seq, copy }) => {
      const shown = told?.get(seq)?.at(-1);
      if (copy === undefined && shown === undefined) return [];
      const isSame = JSON.stringify(shown) === JSON.stringify(copy);
      const problem = isSame ? undefined : `shows ${textOf(shown)}, the server has ${textOf(copy)}`;
      return [{ userId, seq, problem }];
    });
  });
}

/** What its sender first said in a message. */
export type SentWords = (message: Stored) => string | undefined;

export function wordsOf({ sent }: Pick<Observation, 'sent'>): SentWords {
  const words = new Map(sent.map((message) => [keyOf(message), message.content]));
  return (message) => words.get(keyOf(message));
}

function messageProblems(message: Stored, changes: Change[], sent: SentWords): string[] {
  const { seq, copy } = message;
  const deletions = changes.filter(({ action }) => action.type === 'delete');
  if (copy?.deleted) {
    const isBare = copy.content === '' && copy.reactions.length === 0 && copy.editedAt === undefined;
    return [
      ...(deletions.length > 0 ? [] : [`${seq} is deleted, and nobody asked for that`]),
      ...(isBare ? [] : [`${seq} is deleted, and shows more than that: ${textOf(copy)}`]),
    ];
  }
  const problems: string[] = [];
  if (deletions.some(isAcknowledged)) problems.push(`${seq} was deleted, and is there`);

  const original = sent(message);
  const texts = outcomes(original, changes, ({ action }) =>
    action.type === 'edit' ? action.content : undefined,
  );
  if (!texts.has(message.content))
    problems.push(
      `${seq} reads "${message.content}", not ${[...texts].map((one) => `"${one}"`).join(' or ')}`,
    );
  if ((copy?.editedAt !== undefined) !== (message.content !== original))
    problems.push(`${seq} reads "${message.content}", and is edited at ${copy?.editedAt}`);
  return [...problems, ...reactionProblems(seq, copy, changes)];
}

function reactionProblems(seq: number, copy: Copy | undefined, changes: Change[]): string[] {
  const there = (copy?.reactions ?? []).flatMap(([emoji, users]) =>
    users.map((user) => `${emoji} of ${user}`),
  );
  const asked = Map.groupBy(changes, ({ userId, action }) =>
    action.type === 'react' ? `${action.emoji} of ${userId}` : undefined,
  );
  asked.delete(undefined);
  return [...new Set([...there, ...asked.keys()])].flatMap((reaction = '') => {
    const possible = outcomes(false, asked.get(reaction) ?? [], ({ action }) =>
      action.type === 'react' ? action.op === 'add' : undefined,
    );
    const times = there.filter((one) => one === reaction).length;
    if (times > 1) return [`${seq} has ${reaction} ${times} times`];
    return possible.has(times === 1) ? [] : [`${seq} ${times === 1 ? 'has' : 'lacks'} ${reaction}`];
  });
}

/**
 * What somebody's changes to one thing may have left: the last one that was acknowledged, or one that may have come later
 * than that. One person's changes were asked for one after another, in this order.
 */
function outcomes<Value>(
  before: Value | undefined,
  changes: readonly Change[],
  leftBy: (change: Change) => Value | undefined,
): Set<Value> {
  const values = changes.flatMap((change) => {
    const value = leftBy(change);
    return value === undefined ? [] : [{ change, value }];
  });
  const last = values.findLast(({ change }) => isAcknowledged(change));
  const late = values.filter(
    ({ change }) =>
      mayComeLate(change) && change.ended + lateEffectMs > (last?.change.begun ?? Number.NEGATIVE_INFINITY),
  );
  const first = last?.value ?? before;
  return new Set([...(first === undefined ? [] : [first]), ...late.map(({ value }) => value)]);
}

function isAcknowledged({ outcome }: Change): boolean {
  return outcome === 'acknowledged';
}

function nothingChanged(truth: StoredTruth): Check {
  const checking = new Checking('nothing has changed, since nobody changed anything');
  for (const [conversationId, { messages }] of truth.conversations)
    for (const { seq, copy } of messages)
      checking.look(...(copy === undefined ? [] : [`${conversationId} has ${seq} as ${textOf(copy)}`]));
  return checking.check;
}

/** By its answer, or, where its message was deleted meanwhile, by an event. */
function answered({ changes, lateRefusals }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('each change is acknowledged, or refused because its message was deleted');
  const deleted = new Set<string>();
  for (const [conversationId, { messages }] of truth.conversations) {
    for (const { seq, messageId, copy } of messages) {
      if (!copy?.deleted) continue;
      deleted.add(`${conversationId}/${seq}`);
      deleted.add(messageId);
    }
  }
  for (const { conversationId, seq, userId, action, outcome, error } of changes) {
    const what = `the ${action.type} of ${seq} in ${conversationId} by ${userId}`;
    if (outcome === 'acknowledged') checking.look();
    else if (outcome === 'pending') checking.look(`${what} was never acknowledged`);
    else if (error === 'CONFLICT' && action.type !== 'delete' && deleted.has(`${conversationId}/${seq}`))
      checking.look();
    else checking.look(`${what} was refused: ${error}`);
  }
  for (const { userId, messageId, action, code } of lateRefusals) {
    const isExplained = code === 'CONFLICT' && action !== 'deleteMessage' && deleted.has(messageId);
    checking.look(
      ...(isExplained ? [] : [`${action} of ${messageId} by ${userId} was refused late: ${code}`]),
    );
  }
  return checking.check;
}

function inEffect(observation: Observation, truth: StoredTruth): Check {
  const checking = new Checking('each changed message is as the acknowledged changes left it');
  const words = wordsOf(observation);
  const byConversation = Map.groupBy(observation.changes, ({ conversationId }) => conversationId);
  for (const [conversationId, conversation] of truth.conversations) {
    const changes = byConversation.get(conversationId) ?? [];
    for (const problems of problemsOf(conversation, changes, words))
      checking.look(...problems.map((problem) => `${conversationId}: ${problem}`));
    const revision = Math.max(0, ...conversation.messages.map(({ copy }) => copy?.revision ?? 0));
    const attempts = changes.reduce((sum, change) => sum + change.attempts, 0);
    // Of a conversation that was there before it is not known how often it had been changed.
    if (conversation.base === 0 && revision > attempts)
      checking.look(
        `${conversationId} was changed ${revision} times, and that was asked for ${attempts} times`,
      );
  }
  return checking.check;
}

function copiesAgree(observation: Observation, truth: StoredTruth): Check {
  const checking = new Checking('each member has the changed messages as the server has them');
  for (const [conversationId, conversation] of truth.conversations) {
    for (const { userId, seq, problem } of differingCopies(observation, conversationId, conversation))
      checking.look(...(problem === undefined ? [] : [`${userId} in ${conversationId}: ${seq} ${problem}`]));
  }
  return checking.check;
}

function neverOlder({ copies }: Observation): Check {
  const checking = new Checking('no member was told of an older state after a newer one');
  for (const [userId, conversations] of copies) {
    for (const [conversationId, messages] of conversations) {
      for (const [seq, told] of messages) {
        const revisions = told.map(({ revision }) => revision);
        const older = revisions.findIndex((revision, index) => revision < (revisions[index - 1] ?? 0));
        checking.look(
          ...(older < 0 ? [] : [`${userId} in ${conversationId}: ${seq} at ${revisions.join(', ')}`]),
        );
      }
    }
  }
  return checking.check;
}

/** In any copy that anybody was told of, however early. */
function nothingMadeUp({ changes, copies, received, sent }: Observation, truth: StoredTruth): Check {
  const checking = new Checking('nobody was told of a change that nobody asked for');
  const words = wordsOf({ sent });
  const asked = new Set(
    changes.flatMap(({ conversationId, seq, userId, action }) =>
      effectsOf(action).map((effect) => `${conversationId}/${seq}/${userId}/${effect}`),
    ),
  );
  for (const [conversationId, { members, messages }] of truth.conversations) {
    const changed = new Map(
      messages.filter(({ copy }) => copy !== undefined).map((message) => [message.seq, message]),
    );
    for (const userId of members) {
      const first = ofMember(received, userId, conversationId) ?? [];
      const later = [...(ofMember(copies, userId, conversationId) ?? [])].flatMap(([seq, all]) =>
        all.map((copy) => ({ seq, ...copy })),
      );
      for (const told of [...first, ...later]) {
        const message = changed.get(told.seq);
        if (message === undefined) continue; // Other checks look at what never changed.
        const hasAsked = (who: string, effect: string) =>
          asked.has(`${conversationId}/${told.seq}/${who}/${effect}`);
        const isWritten =
          told.content === words(message) ||
          hasAsked(message.senderId, `edit ${told.content}`) ||
          (told.content === '' && hasAsked(message.senderId, 'delete'));
        const reactions =
          'reactions' in told
            ? told.reactions.flatMap(([emoji, users]) => users.map((user) => [emoji, user] as const))
            : [];
        const strange = reactions.filter(([emoji, user]) => !hasAsked(user, `react ${emoji}`));
        checking.look(
          ...(isWritten ? [] : [`${userId} in ${conversationId}: ${told.seq} read "${told.content}"`]),
          ...strange.map(
            ([emoji, user]) => `${userId} in ${conversationId}: ${told.seq} had ${emoji} of ${user}`,
          ),
        );
      }
    }
  }
  return checking.check;
}

/** What others may see of it. */
function effectsOf(action: ChangeAction): string[] {
  if (action.type === 'edit') return [`edit ${action.content}`];
  if (action.type === 'delete') return ['delete'];
  return action.op === 'add' ? [`react ${action.emoji}`] : [];
}

function textOf(copy: Copy | undefined): string {
  return copy === undefined ? 'it unchanged' : JSON.stringify(copy);
}

function keyOf({ senderId, messageId }: { senderId: string; messageId: string }): string {
  return `${senderId}/${messageId}`;
}
