import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { changedMessage } from '../../shared/domain/message-changes.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { type ErrorCode, messageNotFound, ParleyError } from '../../shared/protocol/errors.ts';
import {
  type ChangeEntry,
  type ChangeLog,
  type ChangeRecord,
  changesPerTransaction,
  revisionAfter,
} from '../stores/change-log.ts';
import type { MessageStore } from '../stores/message-store.ts';
import { pause } from '../stores/pause.ts';
import type { ConversationState, ConversationStates, Roster } from './conversation-states.ts';

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
  /** Who is to hear of what was applied. */
  roster: Roster;
  /** What could not be tried or did not succeed. */
  failure: { from: AcceptedChange; error: unknown } | undefined;
};

/** What a chunk of changes comes to in one state of the conversation. */
type Plan = { entries: ChangeEntry[]; unchanged: AcceptedChange[]; refused: RefusedChange[] };
/** Changes that were settled by an earlier run of the same records, which may not have told of them. */
type Before = Map<AcceptedChange, ChangeRecord>;

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
    const changes = withoutRepeats(accepted);
    let state = await this.#states.read(conversationId, usersOf(changes));
    const result: PersistedChanges = {
      applied: [],
      unchanged: [],
      refused: [],
      roster: state.roster,
      failure: undefined,
    };
    for (let start = 0; start < changes.length; start += changesPerTransaction) {
      const chunk = changes.slice(start, start + changesPerTransaction);
      const [from] = chunk;
      try {
        state = await this.#persistChunk(state, chunk, result);
        result.roster = state.roster;
      } catch (error) {
        if (from === undefined) throw error;
        result.failure = { from, error };
        break;
      }
    }
    return result;
  }

  /** Settles all of `chunk`; returns the conversation's state after that. */
  async #persistChunk(
    initial: ConversationState,
    chunk: AcceptedChange[],
    result: PersistedChanges,
  ): Promise<ConversationState> {
    let state = initial;
    let pending = chunk;
    const before: Before = new Map();
    for (let attempt = 0; ; attempt += 1) {
      if (attempt === maxAttempts) throw new Error(`Gave up changing after ${maxAttempts} attempts`);
      if (attempt > 0) {
        await pause(attempt);
        state = await state.reread();
      }
      for (const [change, record] of await this.#settledOfLeavers(state, pending)) before.set(change, record);
      pending = pending.filter((change) => !before.has(change));
      const seqs = new Set(chunk.map(({ seq }) => seq));
      const messages = await this.#messages.messages(state.position.conversationId, [...seqs]);
      const { roster } = state;
      const plan = this.#plan(state, messages, pending);
      const settled = await this.#log.settle(state.position, {
        ...plan,
        // Of one who is no member nothing is remembered, as of their messages: they may be erased already.
        refused: plan.refused
          .filter(({ change }) => roster.members.has(change.userId))
          .map(({ change, error }) => ({ change, code: error.code })),
      });
      if (settled.outcome === 'settled') {
        const stored = plan.entries.flatMap(({ changes }) => changes).length;
        if (stored > 0) this.#count('ChangesStored', stored);
        tellOf(result, state, messages, plan, before);
        return stateAfterChanges(state, plan.entries);
      }
      if (settled.known.size === 0) this.#count('SequenceRetries');
      for (const change of pending) {
        const record = settled.known.get(change.acceptId);
        if (record !== undefined) before.set(change, record);
      }
    }
  }

  /** Someone who is no member any more may still have made a change that was settled before they left. */
  async #settledOfLeavers({ roster }: ConversationState, pending: AcceptedChange[]): Promise<Before> {
    const leavers = pending.filter(({ userId }) => !roster.members.has(userId));
    return new Map(
      (
        await Promise.all(
          leavers.map(async (change) => {
            const record = await this.#log.record(change);
            return record === undefined ? [] : [[change, record] as const];
          }),
        )
      ).flat(),
    );
  }

  /** What each change makes of its message, one after another. */
  #plan(state: ConversationState, messages: Map<number, Message>, changes: AcceptedChange[]): Plan {
    const entries = new Map<number, ChangeEntry>();
    const unchanged: AcceptedChange[] = [];
    const refused: RefusedChange[] = [];
    let revision = state.position.lastRevision;
    for (const change of changes) {
      const before = messages.get(change.seq);
      const by = { userId: change.userId, role: state.roster.members.get(change.userId)?.role };
      try {
        if (before === undefined) throw messageNotFound();
        const message = entries.get(change.seq)?.message ?? before;
        const after = changedMessage(message, change.change, by, this.#now(message));
        if (after === message) {
          unchanged.push(change);
          continue;
        }
        revision += 1;
        const applied = [...(entries.get(change.seq)?.changes ?? []), { change, revision }];
        entries.set(change.seq, { before, message: { ...after, revision }, changes: applied });
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        refused.push({ change, messageId: before?.messageId, error });
      }
    }
    const byRevision = [...entries.values()].sort((one, other) => revisionOf(one) - revisionOf(other));
    return { entries: byRevision, unchanged, refused };
  }

  /** Clocks of two functions differ; a message is not shown as edited before it was written. */
  #now({ createdAt }: Message): string {
    return new Date(Math.max(this.#clock(), Date.parse(createdAt))).toISOString();
  }
}

function stateAfterChanges(state: ConversationState, entries: ChangeEntry[]): ConversationState {
  const lastRevision = revisionAfter(state.position, entries);
  return { ...state, position: { ...state.position, lastRevision } };
}

function tellOf(
  result: PersistedChanges,
  { position }: ConversationState,
  messages: Map<number, Message>,
  { entries, unchanged, refused }: Plan,
  before: Before,
): void {
  const changed = new Map(entries.map(({ message }) => [message.seq, message]));
  const now = (seq: number) => changed.get(seq) ?? messages.get(seq);
  if (entries.length > 0) {
    const lastRevision = revisionAfter(position, entries);
    result.applied.push({
      messages: [...changed.values()],
      afterRevision: position.lastRevision,
      lastRevision,
    });
  }

  // An erasure that finds nothing to do leaves no trace of an earlier run: it is taken for one.
  const again = unchanged.filter(isErasure);
  const idle = unchanged.filter((change) => !isErasure(change));
  result.refused.push(...refused);
  for (const [change, { revision, refusedWith }] of before) {
    if (revision !== undefined) again.push(change);
    else if (refusedWith === undefined) idle.push(change);
    else result.refused.push(refusedBefore(change, refusedWith, now(change.seq)));
  }
  const toldAgain = [...new Set(again.map(({ seq }) => seq))].filter((seq) => !changed.has(seq));
  result.applied.push(...changeSets(toldAgain.flatMap((seq) => now(seq) ?? [])));
  for (const { userId, seq } of idle) {
    const message = now(seq);
    if (message !== undefined) result.unchanged.push({ userId, message });
  }
}

/** Changed messages as they are now, in as few sets as say no more than that these are there. */
function changeSets(messages: Message[]): ChangeSet[] {
  const sets: ChangeSet[] = [];
  for (const message of messages.sort((one, other) => (one.revision ?? 0) - (other.revision ?? 0))) {
    const { revision } = message;
    if (revision === undefined) continue;
    const last = sets.at(-1);
    if (last?.lastRevision === revision - 1) {
      last.messages.push(message);
      last.lastRevision = revision;
    } else {
      sets.push({ messages: [message], afterRevision: revision - 1, lastRevision: revision });
    }
  }
  return sets;
}

function isErasure({ change }: AcceptedChange): boolean {
  return change.type === 'erase';
}

function refusedBefore(change: AcceptedChange, code: ErrorCode, message: Message | undefined): RefusedChange {
  const error = new ParleyError(code, 'This change was refused.');
  return { change, messageId: message?.messageId, error };
}

/** What stands in the batch twice is one change, at the place of the first. */
function withoutRepeats(accepted: AcceptedChange[]): AcceptedChange[] {
  const first = new Map<string, AcceptedChange>();
  for (const change of accepted) if (!first.has(change.acceptId)) first.set(change.acceptId, change);
  return [...first.values()];
}

function revisionOf({ message }: ChangeEntry): number {
  return message.revision ?? 0;
}

function usersOf(changes: AcceptedChange[]): Set<string> {
  return new Set(changes.map(({ userId }) => userId));
}
