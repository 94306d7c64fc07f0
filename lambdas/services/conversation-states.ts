import type { ConversationStore } from '../stores/conversation-store.ts';
import type { MemberRow, MembershipStore } from '../stores/membership-store.ts';
import type { LogEntry, LogPosition } from '../stores/message-log.ts';

/** A container remembers this many conversations, of at most so many members each: some 20 MB at the worst. */
const remembered = { conversations: 1_000, members: 200 };

export type ConversationState = {
  position: LogPosition;
  /** Exact at `position.membersVersion`. */
  members: Map<string, MemberRow>;
};

/** The record's conversation does not exist: no retry will change that. */
export class ConversationGone extends Error {
  constructor(conversationId: string) {
    super(`There is no conversation ${conversationId}`);
    this.name = 'ConversationGone';
  }
}

/**
 * Where each conversation's log ends and who its members are, remembered over batches. Being wrong costs an attempt and
 * never correctness: every append is conditional on the position, and the members are exact while their version stands.
 */
export class ConversationStates {
  readonly #conversations: ConversationStore;
  readonly #memberships: MembershipStore;
  readonly #states = new Map<string, ConversationState>();

  constructor(conversations: ConversationStore, memberships: MembershipStore) {
    this.#conversations = conversations;
    this.#memberships = memberships;
  }

  /** The remembered state, or else the stored one. Throws {@link ConversationGone}. */
  async current(conversationId: string): Promise<ConversationState> {
    return this.#states.get(conversationId) ?? (await this.read(conversationId));
  }

  /** The stored state. The members are read after the version, so an append at that version proves them exact. */
  async read(conversationId: string): Promise<ConversationState> {
    this.forget(conversationId);
    const head = await this.#conversations.head(conversationId);
    if (head === undefined) throw new ConversationGone(conversationId);
    const members = await this.#memberships.all(conversationId);
    const { lastSeq, membersVersion, lastActivityAt } = head;
    const state: ConversationState = {
      position: { conversationId, lastSeq, membersVersion, lastActivityAt },
      members: new Map(members.map((member) => [member.userId, member])),
    };
    this.#remember(state);
    return state;
  }

  /** After an append: the log ends with `entries`. */
  advance(state: ConversationState, entries: LogEntry[]): void {
    const newest = entries.at(-1)?.message;
    if (newest === undefined) return;
    const position = { ...state.position, lastSeq: newest.seq, lastActivityAt: newest.createdAt };
    this.#remember({ position, members: state.members });
  }

  /** After an append that was refused: the log ends at `position`. The members stand if their version does. */
  correct(conversationId: string, position: LogPosition | undefined): void {
    const state = this.#states.get(conversationId);
    if (state && position && state.position.membersVersion === position.membersVersion) {
      this.#remember({ position, members: state.members });
    } else {
      this.forget(conversationId);
    }
  }

  forget(conversationId: string): void {
    this.#states.delete(conversationId);
  }

  /** A Map keeps the order of insertion, so its first key is the one longest unused. */
  #remember(state: ConversationState): void {
    const { conversationId } = state.position;
    this.#states.delete(conversationId);
    if (state.members.size > remembered.members) return;
    this.#states.set(conversationId, state);
    const [oldest] = this.#states.keys();
    if (oldest !== undefined && this.#states.size > remembered.conversations) this.#states.delete(oldest);
  }
}
