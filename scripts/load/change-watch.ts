import { setTimeout } from 'node:timers/promises';
import { type Conversation, type Message, ParleyError, type RefusedChange } from '../../client/src/index.ts';
import type { Crowd } from './crowd.ts';
import type { Measurements } from './measurements.ts';
import {
  type Change,
  type ChangeAction,
  type Copy,
  copyOf,
  type Observation,
  ofMember,
  setOfMember,
} from './observation.ts';
import type { Person } from './person.ts';
import { lateEffectMs, mayComeLate } from './verify-changes.ts';

/** Each time the client itself has tried four times. */
const betweenRoundsMs = 1_000;

/** Asks for changes to messages until they are answered, and writes down what every client is told of changed messages. */
export class ChangeWatch {
  readonly #observation: Observation;
  readonly #measurements: Measurements;
  readonly #conversations: Set<string>;
  /** What one person changes in one conversation is asked for in turn, so that it is known which came last. */
  readonly #last = new Map<string, Promise<void>>();
  /** When an edit was planned, by its words, which no other one has. */
  readonly #edits = new Map<string, { userId: string; plannedAt: number }>();
  /** The same copy comes to each member. */
  readonly #shared = new Map<string, Copy>();
  #pending = 0;
  #mayMoveUntil = 0;
  #isOver = false;

  constructor(crowd: Crowd, observation: Observation, measurements: Measurements) {
    this.#observation = observation;
    this.#measurements = measurements;
    this.#conversations = new Set(crowd.talks.map(({ conversationId }) => conversationId));
    for (const person of crowd.people) {
      const { client, userId } = person;
      client.on('message', (message) => this.#told(userId, message, false));
      client.on('messageChanged', (message) => this.#told(userId, message, true));
      client.on('changeRefused', (refused) => this.#refusedLate(userId, refused));
    }
  }

  /** Changes that are neither acknowledged nor refused. */
  get pending(): number {
    return this.#pending;
  }

  /** Until when, by `performance.now()`, a frame whose answer was lost may still take effect. */
  get mayMoveUntil(): number {
    return this.#mayMoveUntil;
  }

  /** What a person's client shows of a message; undefined where it has not changed. */
  shown(userId: string, conversationId: string, seq: number): Copy | undefined {
    return ofMember(this.#observation.copies, userId, conversationId)?.get(seq)?.at(-1);
  }

  change(person: Person, conversationId: string, seq: number, action: ChangeAction, plannedAt: number): void {
    const change: Change = {
      conversationId,
      seq,
      userId: person.userId,
      action,
      begun: Number.POSITIVE_INFINITY,
      ended: Number.POSITIVE_INFINITY,
      attempts: 0,
      outcome: 'pending',
      error: undefined,
    };
    this.#observation.changes.push(change);
    this.#pending += 1;
    this.#measurements.changes.asked();
    if (action.type === 'edit') this.#edits.set(action.content, { userId: person.userId, plannedAt });
    const key = `${person.userId}/${conversationId}`;
    const before = this.#last.get(key) ?? Promise.resolve();
    this.#last.set(
      key,
      before.then(() => this.#insist(person, change, plannedAt)),
    );
  }

  /** What has no answer now is not asked for again. */
  end(): void {
    this.#isOver = true;
  }

  async #insist(person: Person, change: Change, plannedAt: number): Promise<void> {
    const { conversationId } = change;
    const conversation = person.client.conversation(conversationId);
    const { changes } = this.#measurements;
    const frames = () => person.changeFrames.get(conversationId) ?? 0;
    const before = frames();
    change.begun = performance.now();
    for (let round = 1; !this.#isOver && change.outcome === 'pending'; round += 1) {
      if (round > 1) await setTimeout(betweenRoundsMs);
      try {
        await asked(conversation, change);
        change.outcome = 'acknowledged';
      } catch (error) {
        const isTemporary =
          error instanceof ParleyError && (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED');
        if (isTemporary) continue;
        change.outcome = 'refused';
        change.error = error instanceof ParleyError ? error.code : String(error);
      } finally {
        change.attempts = frames() - before;
      }
    }
    change.ended = performance.now();
    this.#pending -= 1;
    if (mayComeLate(change)) this.#mayMoveUntil = change.ended + lateEffectMs;
    changes.repeated(Math.max(0, change.attempts - 1));
    if (change.outcome === 'acknowledged') changes.acknowledged(change.ended - plannedAt);
    else if (change.error === 'CONFLICT') changes.refused();
    else this.#measurements.error(`${change.action.type}: ${change.error ?? 'no answer'}`);
  }

  #told(userId: string, message: Message, isLive: boolean): void {
    const { conversationId, seq } = message;
    const copy = copyOf(message);
    if (copy === undefined || !this.#conversations.has(conversationId)) return;
    const messages = ofMember(this.#observation.copies, userId, conversationId) ?? new Map<number, Copy[]>();
    setOfMember(this.#observation.copies, userId, conversationId, messages);
    const told = messages.get(seq) ?? [];
    messages.set(seq, told);
    const isNewText = told.at(-1)?.content !== copy.content;
    told.push(this.#one(copy));
    if (!isLive) return;
    const edit = isNewText ? this.#edits.get(copy.content) : undefined;
    const isOthers = edit !== undefined && edit.userId !== userId;
    this.#measurements.changes.told(isOthers ? performance.now() - edit.plannedAt : undefined);
  }

  #one(copy: Copy): Copy {
    const key = JSON.stringify(copy);
    const one = this.#shared.get(key) ?? copy;
    this.#shared.set(key, one);
    return one;
  }

  #refusedLate(userId: string, { action, messageId, error }: RefusedChange): void {
    this.#observation.lateRefusals.push({ userId, action, messageId, code: error.code });
    this.#measurements.changes.refused();
  }
}

function asked(conversation: Conversation, { seq, action }: Change): Promise<void> {
  switch (action.type) {
    case 'edit':
      return conversation.edit(seq, action.content);
    case 'delete':
      return conversation.delete(seq);
    case 'react':
      return action.op === 'add'
        ? conversation.react(seq, action.emoji)
        : conversation.unreact(seq, action.emoji);
  }
}
