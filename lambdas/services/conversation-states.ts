import { hasExactInboxRows } from '../../shared/domain/large-groups.ts';
import type { ChangePosition } from '../stores/change-log.ts';
import type { ConversationStore } from '../stores/conversation-store.ts';
import type { MemberRow, MemberStore } from '../stores/member-store.ts';
import type { LogEntry, LogPosition } from '../stores/message-log.ts';

/** A container remembers the members of this many conversations, none of which is large: some 20 MB at the worst. */
const rememberedConversations = 1_000;

export type AllMembers = ReadonlyMap<string, MemberRow>;

/**
 * Who is a member: of a small conversation everyone, of a large group (shared/domain/large-groups.ts) only those who were
 * asked for. Only the first can be listed, and the second cannot be asked about anyone else.
 */
export type Roster = { isLarge: false; members: AllMembers } | { isLarge: true; members: MembersAmong };

export type ConversationState = {
  position: LogPosition & ChangePosition;
  /** Exact at `position.membersVersion`. */
  roster: Roster;
  /** The state as it is now, read for the same users: a retry cannot know less than the first attempt. */
  reread: () => Promise<ConversationState>;
};

/** The members among the users asked for. "Not asked" never passes for "not a member": such a question throws. */
export class MembersAmong {
  readonly #askedFor: ReadonlySet<string>;
  readonly #rows: ReadonlyMap<string, MemberRow>;

  constructor(askedFor: ReadonlySet<string>, rows: MemberRow[]) {
    this.#askedFor = askedFor;
    this.#rows = byUserId(rows);
  }

  has(userId: string): boolean {
    return this.get(userId) !== undefined;
  }

  get(userId: string): MemberRow | undefined {
    if (!this.#askedFor.has(userId)) throw new Error(`Whether ${userId} is a member was not read`);
    return this.#rows.get(userId);
  }
}

/** The record's conversation does not exist: no retry will change that. */
export class ConversationGone extends Error {
  constructor(conversationId: string) {
    super(`There is no conversation ${conversationId}`);
    this.name = 'ConversationGone';
  }
}

/**
 * Where each conversation's log ends and who its members are. The end is read each time: many containers append in turn,
 * and a transaction that fails on a remembered end costs more than the read. The members seldom change and say at which
 * version they were read, so they are remembered.
 */
export class ConversationStates {
  readonly #conversations: ConversationStore;
  readonly #memberRows: MemberStore;
  readonly #members = new Map<string, { version: number; members: AllMembers }>();

  constructor(conversations: ConversationStore, members: MemberStore) {
    this.#conversations = conversations;
    this.#memberRows = members;
  }

  /** The state that what `userIds` sent is applied to. Throws {@link ConversationGone}. */
  async read(conversationId: string, userIds: ReadonlySet<string>): Promise<ConversationState> {
    const head = await this.#conversations.head(conversationId);
    if (head === undefined) throw new ConversationGone(conversationId);
    const { lastSeq, lastRevision, membersVersion, lastActivityAt } = head;
    return {
      position: { conversationId, lastSeq, lastRevision, membersVersion, lastActivityAt },
      roster: hasExactInboxRows(head)
        ? { isLarge: false, members: await this.#membersAt(conversationId, membersVersion) }
        : { isLarge: true, members: await this.#membersAmong(conversationId, userIds) },
      reread: () => this.read(conversationId, userIds),
    };
  }

  async #membersAmong(conversationId: string, userIds: ReadonlySet<string>): Promise<MembersAmong> {
    return new MembersAmong(userIds, await this.#memberRows.membersAmong(conversationId, [...userIds]));
  }

  /** The members are read after their version: whoever finds the version unchanged later knows them exactly. */
  async #membersAt(conversationId: string, version: number): Promise<AllMembers> {
    const known = this.#members.get(conversationId);
    const members =
      known?.version === version ? known.members : byUserId(await this.#memberRows.all(conversationId));
    this.#remember(conversationId, version, members);
    return members;
  }

  /** A Map keeps the order of insertion, so its first key is the one longest unused. */
  #remember(conversationId: string, version: number, members: AllMembers): void {
    this.#members.delete(conversationId);
    this.#members.set(conversationId, { version, members });
    const [oldest] = this.#members.keys();
    if (oldest !== undefined && this.#members.size > rememberedConversations) this.#members.delete(oldest);
  }
}

function byUserId(members: MemberRow[]): AllMembers {
  return new Map(members.map((member) => [member.userId, member]));
}

/** The state after an append of `entries`. */
export function stateAfter(state: ConversationState, entries: LogEntry[]): ConversationState {
  const newest = entries.at(-1)?.message;
  if (newest === undefined) return state;
  const position = { ...state.position, lastSeq: newest.seq, lastActivityAt: newest.createdAt };
  return { ...state, position };
}
