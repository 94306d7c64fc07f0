import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import {
  type IdempotencyRecord,
  idempotencyKey,
  type LogEntry,
  type MessageLog,
  messagesPerAppend,
} from '../stores/message-log.ts';
import type { MessageStore } from '../stores/message-store.ts';
import { pause } from '../stores/pause.ts';
import {
  type ConversationState,
  type ConversationStates,
  type Roster,
  stateAfter,
} from './conversation-states.ts';
import type { Fingerprint } from './message-fingerprint.ts';

/** Each attempt after the first lost a race to another writer, so a dozen is far more than contention explains. */
const maxAttempts = 12;

export type Refusal = { senderId: string; messageId: string; error: ParleyError };

export type Persisted = {
  /** Stored now, or by an earlier run of the same record: every member is to hear of these. Ascending `seq`. */
  stored: Message[];
  /** Stored long before; a client sent it again, so its sender alone is to hear of it. */
  resent: Message[];
  refused: Refusal[];
  /** Who is to hear of what was stored: the members at the time, or of a large group those among all senders. */
  roster: Roster;
  /** What could not be tried or did not succeed, from its first message on. */
  failure: { from: AcceptedMessage; error: unknown } | undefined;
};

/**
 * Gives accepted messages of one conversation their `seq` and stores them, once each, in the order given. Whatever
 * the state a crash left behind, running it again with the same messages ends in the same log.
 */
export class PersistMessages {
  readonly #log: MessageLog;
  readonly #messages: MessageStore;
  readonly #states: ConversationStates;
  readonly #fingerprint: Fingerprint;
  readonly #count: Count;
  readonly #clock: () => number;

  constructor(
    log: MessageLog,
    messages: MessageStore,
    states: ConversationStates,
    fingerprint: Fingerprint,
    count: Count,
    clock: () => number = Date.now,
  ) {
    this.#log = log;
    this.#messages = messages;
    this.#states = states;
    this.#fingerprint = fingerprint;
    this.#count = count;
    this.#clock = clock;
  }

  /** Throws `ConversationGone`. */
  async persist(conversationId: string, accepted: AcceptedMessage[]): Promise<Persisted> {
    const { originals, resends } = separateResends(accepted);
    let state = await this.#states.read(conversationId, sendersOf(accepted));
    const result: Persisted = {
      stored: [],
      resent: [],
      refused: [],
      roster: state.roster,
      failure: undefined,
    };

    for (
      let start = 0;
      start < originals.length && result.failure === undefined;
      start += messagesPerAppend
    ) {
      const chunk = originals.slice(start, start + messagesPerAppend);
      try {
        state = await this.#persistChunk(state, chunk, result);
        result.roster = state.roster;
      } catch (error) {
        const settled = new Set([...result.stored, ...result.resent, ...result.refused].map(idempotencyKey));
        const from = chunk.find((message) => !settled.has(idempotencyKey(message))) ?? chunk[0];
        if (from === undefined) throw error;
        result.failure = { from, error };
      }
    }
    this.#refuseChangedResends(originals, resends, result);
    result.stored.sort((one, other) => one.seq - other.seq);
    result.resent.sort((one, other) => one.seq - other.seq);
    return result;
  }

  /** Settles all of `chunk`; answers the conversation's state after that. */
  async #persistChunk(
    before: ConversationState,
    chunk: AcceptedMessage[],
    result: Persisted,
  ): Promise<ConversationState> {
    let state = before;
    let pending = chunk;
    for (let attempt = 0; ; attempt += 1) {
      if (attempt === maxAttempts) throw new Error(`Gave up appending after ${maxAttempts} attempts`);
      if (attempt > 0) {
        await pause(attempt);
        state = await state.reread();
      }
      pending = await this.#settleNonMembers(state, pending, result);
      if (pending.length === 0) return state;

      const entries = this.#entriesAfter(state, pending);
      const appended = await this.#log.append(state.position, entries);
      if (appended.outcome === 'appended') {
        this.#count('MessagesStored', entries.length);
        result.stored.push(...entries.map((entry) => entry.message));
        return stateAfter(state, entries);
      }
      if (appended.known.size === 0) this.#count('SequenceRetries');
      for (const message of pending) {
        const known = appended.known.get(idempotencyKey(message));
        if (known !== undefined) await this.#settleKnown(message, known, result);
      }
      pending = pending.filter((message) => !appended.known.has(idempotencyKey(message)));
      if (pending.length === 0) return state;
    }
  }

  #entriesAfter({ position }: ConversationState, accepted: AcceptedMessage[]): LogEntry[] {
    // Clocks of two functions differ; times shown within a conversation must not run backwards for that.
    const createdAt = new Date(Math.max(this.#clock(), Date.parse(position.lastActivityAt))).toISOString();
    return accepted.map((message, index) => {
      const { conversationId, messageId, senderId, type, content, replyTo } = message;
      return {
        message: {
          conversationId,
          seq: position.lastSeq + 1 + index,
          messageId,
          senderId,
          type,
          content,
          createdAt,
          ...(replyTo !== undefined && { replyTo }),
        },
        acceptId: message.acceptId,
        fingerprint: this.#fingerprint(message),
      };
    });
  }

  /** Someone who is no member any more may still be the sender of what was stored before they left. */
  async #settleNonMembers(
    state: ConversationState,
    pending: AcceptedMessage[],
    result: Persisted,
  ): Promise<AcceptedMessage[]> {
    const isMember = (message: AcceptedMessage) => state.roster.members.has(message.senderId);
    for (const message of pending.filter((one) => !isMember(one))) {
      const known = await this.#log.idempotencyRecord(message.senderId, message.messageId);
      if (known?.acceptId === message.acceptId) await this.#settleKnown(message, known, result);
      else result.refused.push(refusal(message, notAMember()));
    }
    return pending.filter(isMember);
  }

  async #settleKnown(message: AcceptedMessage, known: IdempotencyRecord, result: Persisted): Promise<void> {
    if (known.conversationId !== message.conversationId || known.fingerprint !== this.#fingerprint(message)) {
      result.refused.push(refusal(message, idReused()));
      return;
    }
    const stored = await this.#messages.message(known.conversationId, known.seq);
    if (stored === undefined) throw new Error('An idempotency record names a message that is not stored');
    // The same acceptance again: steps after storing may never have run. Another: the client asks what became of it.
    if (known.acceptId === message.acceptId) {
      result.stored.push(stored);
    } else {
      this.#count('Duplicates');
      result.resent.push(stored);
    }
  }

  /** A message and its resend in one batch: everyone hears of the one; only other content needs an answer. */
  #refuseChangedResends(originals: AcceptedMessage[], resends: AcceptedMessage[], result: Persisted): void {
    const fingerprints = new Map(originals.map((one) => [idempotencyKey(one), this.#fingerprint(one)]));
    for (const resend of resends) {
      if (fingerprints.get(idempotencyKey(resend)) !== this.#fingerprint(resend)) {
        result.refused.push(refusal(resend, idReused()));
      } else {
        this.#count('Duplicates');
      }
    }
  }
}

function sendersOf(accepted: AcceptedMessage[]): Set<string> {
  return new Set(accepted.map((message) => message.senderId));
}

/** Drops what stands in the batch twice, and parts each first send from a client's later sends of it. */
function separateResends(accepted: AcceptedMessage[]) {
  const originals = new Map<string, AcceptedMessage>();
  const resends: AcceptedMessage[] = [];
  for (const message of accepted) {
    const first = originals.get(idempotencyKey(message));
    if (first === undefined) originals.set(idempotencyKey(message), message);
    else if (first.acceptId !== message.acceptId) resends.push(message);
  }
  return { originals: [...originals.values()], resends };
}

function refusal({ senderId, messageId }: AcceptedMessage, error: ParleyError): Refusal {
  return { senderId, messageId, error };
}

function notAMember(): ParleyError {
  return new ParleyError('FORBIDDEN', 'You left the conversation before this message could be stored.');
}

function idReused(): ParleyError {
  return new ParleyError('CONFLICT', 'This messageId was used before, for another message.');
}
