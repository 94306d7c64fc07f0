import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { changedMessage } from '../../shared/domain/message-changes.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import { type ChangeEntry, type ChangeLog, changesPerTransaction } from '../stores/change-log.ts';
import type { MemberRow } from '../stores/member-store.ts';
import type { MessageStore } from '../stores/message-store.ts';
import { pause } from '../stores/pause.ts';
import { ConversationGone, type ConversationState, type ConversationStates } from './conversation-states.ts';

/** As in `PersistMessages`: far more than contention explains. */
const maxAttempts = 12;

/** Messages as they are after their changes, by ascending revision: all that changed in between. */
export type ChangeSet = { messages: Message[]; afterRevision: number; lastRevision: number };

export type RefusedChange = { change: AcceptedChange; messageId: string | undefined; error: ParleyError };

export type PersistedChanges = {
  /** Applied now, or by an earlier run of the same records: every member is to hear of these. */
  applied: ChangeSet[];
  /** They changed nothing, so that only who asked for them is to hear how things stand. */
  unchanged: { userId: string; message: Message }[];
  refused: RefusedChange[];
  /** See shared/domain/large-groups.ts. */
  isLarge: boolean;
  /** The members at the time, or of a large group those among the users. */
  members: Map<string, MemberRow>;
  /** What could not be tried or did not succeed. */
  failure: { from: AcceptedChange; error: unknown } | undefined;
};

/** What a chunk of changes comes to in one state of the conversation. */
type Plan = { entries: ChangeEntry[]; unchanged: AcceptedChange[]; refused: RefusedChange[] };

/**
 * Applies accepted changes of one conversation to its messages, in the order given, and gives each its revision. Whatever
 * the state a crash left behind, running it again with the same changes ends in the same messages.
 */
export class PersistChanges {
  readonly #log: ChangeLog;
  readonly #messages: MessageStore;
  readonly #states: ConversationStates;
  readonly #count: Count;
  readonly #clock: () => number;

  constructor(
    log: ChangeLog,
    messages: MessageStore,
    states: ConversationStates,
    count: Count,
    clock: () => number = Date.now,
  ) {
    this.#log = log;
    this.#messages = messages;
    this.#states = states;
    this.#count = count;
    this.#clock = clock;
  }

  /** Throws `ConversationGone`. */
  async persist(conversationId: string, accepted: AcceptedChange[]): Promise<PersistedChanges> {
    const changes = [...new Map(accepted.map((change) => [change.acceptId, change])).values()];
    const result: PersistedChanges = {
      applied: [],
      unchanged: [],
      refused: [],
      isLarge: false,
      members: new Map(),
      failure: undefined,
    };
    for (let start = 0; start < changes.length; start += changesPerTransaction) {
      const chunk = changes.slice(start, start + changesPerTransaction);
      const [from] = chunk;
      try {
        await this.#persistChunk(conversationId, chunk, result);
      } catch (error) {
        if (from === undefined || error instanceof ConversationGone) throw error;
        result.failure = { from, error };
        break;
      }
    }
    return result;
  }

  async #persistChunk(
    conversationId: string,
    chunk: AcceptedChange[],
    result: PersistedChanges,
  ): Promise<void> {
    let pending = chunk;
    const before = new Set<AcceptedChange>();
    for (let attempt = 0; ; attempt += 1) {
      if (attempt === maxAttempts) throw new Error(`Gave up changing after ${maxAttempts} attempts`);
      if (attempt > 0) await pause(attempt);
      const state = await this.#states.read(conversationId, usersOf(chunk));
      const messages = await this.#messages.messages(conversationId, [
        ...new Set(chunk.map(({ seq }) => seq)),
      ]);
      const plan = this.#plan(state, messages, pending);
      const known = await this.#applyPlan(state, plan);
      for (const change of pending.filter(({ acceptId }) => known.acceptIds.has(acceptId)))
        before.add(change);
      pending = pending.filter((change) => !before.has(change));
      if (!known.settled) continue;

      result.isLarge = state.isLarge;
      result.members = state.members;
      settle(result, state, messages, plan, before);
      return;
    }
  }

  /** What each change makes of its message, one after another. */
  #plan(state: ConversationState, messages: Map<number, Message>, changes: AcceptedChange[]): Plan {
    const entries = new Map<number, ChangeEntry>();
    const plan: Plan = { entries: [], unchanged: [], refused: [] };
    let revision = state.position.lastRevision;
    for (const change of changes) {
      const before = messages.get(change.seq);
      const message = entries.get(change.seq)?.message ?? before;
      const by = { userId: change.userId, role: state.members.get(change.userId)?.role };
      try {
        if (before === undefined || message === undefined) throw noSuchMessage();
        const after = changedMessage(message, change.change, by, this.#now(message));
        if (after === message) {
          plan.unchanged.push(change);
          continue;
        }
        revision += 1;
        const applied = [...(entries.get(change.seq)?.changes ?? []), change];
        entries.set(change.seq, { before, message: { ...after, revision }, changes: applied });
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        plan.refused.push({ change, messageId: before?.messageId, error });
      }
    }
    plan.entries = [...entries.values()].sort((one, other) => revisionOf(one) - revisionOf(other));
    return plan;
  }

  /**
   * Writes what there is to write. Changes that were applied before are known by their `acceptId`s: where they are among
   * those to be written, nothing was, and there is another plan to be made without them.
   */
  async #applyPlan(
    state: ConversationState,
    { entries, unchanged, refused }: Plan,
  ): Promise<{ settled: boolean; acceptIds: Set<string> }> {
    if (entries.length > 0) {
      const result = await this.#log.apply(state.position, entries);
      if (result.outcome === 'refused') {
        if (result.known.size === 0) this.#count('SequenceRetries');
        return { settled: false, acceptIds: result.known };
      }
      this.#count('ChangesStored', entries.flatMap(({ changes }) => changes).length);
    }
    // What was applied before may look as if it did nothing, or came too late, by what has happened since.
    const idle = [...unchanged, ...refused.map(({ change }) => change)];
    const acceptIds = idle.length === 0 ? new Set<string>() : await this.#log.appliedAmong(idle);
    return { settled: true, acceptIds };
  }

  /** Clocks of two functions differ; a message is not shown as edited before it was written. */
  #now({ createdAt }: Message): string {
    return new Date(Math.max(this.#clock(), Date.parse(createdAt))).toISOString();
  }
}

/** @param before changes that an earlier run applied: it may not have told of them */
function settle(
  result: PersistedChanges,
  { position }: ConversationState,
  messages: Map<number, Message>,
  { entries, unchanged, refused }: Plan,
  before: Set<AcceptedChange>,
): void {
  if (entries.length > 0) {
    const { lastRevision: afterRevision } = position;
    const lastRevision = afterRevision + entries.flatMap(({ changes }) => changes).length;
    result.applied.push({ messages: entries.map(({ message }) => message), afterRevision, lastRevision });
  }
  const told = new Set(entries.map(({ message }) => message.seq));
  // An erasure that finds nothing to do leaves no trace of an earlier run: it is taken for one.
  const again = [...before, ...unchanged.filter(({ change }) => change.type === 'erase')];
  for (const seq of new Set(again.map((change) => change.seq))) {
    const message = messages.get(seq);
    if (message?.revision === undefined || told.has(seq)) continue;
    const { revision } = message;
    result.applied.push({ messages: [message], afterRevision: revision - 1, lastRevision: revision });
  }
  for (const change of unchanged) {
    const message =
      entries.find((entry) => entry.message.seq === change.seq)?.message ?? messages.get(change.seq);
    if (message === undefined || before.has(change) || change.change.type === 'erase') continue;
    result.unchanged.push({ userId: change.userId, message });
  }
  result.refused.push(...refused.filter(({ change }) => !before.has(change)));
}

function revisionOf({ message }: ChangeEntry): number {
  return message.revision ?? 0;
}

function usersOf(changes: AcceptedChange[]): Set<string> {
  return new Set(changes.map(({ userId }) => userId));
}

function noSuchMessage(): ParleyError {
  return new ParleyError('NOT_FOUND', 'There is no such message in this conversation.');
}
