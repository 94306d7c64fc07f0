import type { Api } from './api.ts';
import type { ChangeQueue } from './change-queue.ts';
import { Emitter } from './emitter.ts';
import type { MessageChange } from './frames.ts';
import type { Outbox, SendOptions } from './outbox.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { ConversationInfo, Member, Message, Role } from './protocol.ts';
import type { ReadMarkers } from './read-markers.ts';
import type { Replica } from './replica.ts';
import { Timeline } from './timeline.ts';
import type { Typing } from './typing.ts';

export type ConversationEvents = {
  /** A new message: each once, by `seq`, without a gap. */
  message: Message;
  /**
   * A message was edited, deleted or reacted to: the message as it is now. Never an older state after a newer one. It may be
   * a message that was not loaded here.
   */
  messageChanged: Message;
  /** What the inbox shows of the conversation has changed: title, members, newest message, unread count … */
  info: ConversationInfo;
  /** A member, oneself included, has read up to `seq`. */
  read: { userId: string; seq: number };
  /** Who is writing now, by user id; when it changes. */
  typing: readonly string[];
  /** A message of one's own is new, or has another state. */
  outgoing: OutgoingMessage;
  /** One is no member any more. */
  removed: undefined;
};

/** Which messages, 1 to 100 of them. @see {@link Conversation.history} */
export interface HistoryOptions {
  before?: number | undefined;
  after?: number | undefined;
  /** @default 50 */
  limit?: number | undefined;
}

export interface HistoryPage {
  /** By ascending `seq`, whichever way the pages go. */
  messages: Message[];
  /** Whether there are more in the direction that was asked for. */
  hasMore: boolean;
}

/** @internal */
export type ConversationParts = {
  api: Api;
  replica: Replica;
  outbox: Outbox;
  changes: ChangeQueue;
  typing: Typing;
  markers: ReadMarkers;
};

/** One conversation: what is said in it, and who is in it. */
export class Conversation extends Emitter<ConversationEvents> {
  readonly id: string;
  readonly #parts: ConversationParts;

  /** @internal */
  constructor(id: string, parts: ConversationParts) {
    super();
    this.id = id;
    this.#parts = parts;
  }

  /** As in the inbox. Undefined until it is known, and when one is no member any more. */
  get info(): ConversationInfo | undefined {
    return this.#parts.replica.get(this.id);
  }

  /**
   * Sends a message, now or when there is a connection. It is kept until it is stored, over restarts too, and stored
   * once; messages of one conversation are stored in the order in which they were sent.
   */
  send(content: string, options: SendOptions = {}): OutgoingMessage {
    this.#parts.typing.sent(this.id);
    return this.#parts.outbox.send(this.id, content, options);
  }

  /**
   * Tells the other members, in conversations of up to 200, whether one is writing. To be called with each stroke of a
   * key: `true` goes to the server every 3 seconds at most, and counts for 6 there; `false` once. Sending says it too.
   */
  setTyping(isTyping: boolean): void {
    this.#parts.typing.say(this.id, isTyping);
  }

  /** The ids of those who are writing now. The same array until somebody begins or stops. */
  get typing(): readonly string[] {
    return this.#parts.typing.in(this.id);
  }

  /** One's own messages that are not stored yet, in order. */
  get outgoing(): readonly OutgoingMessage[] {
    return this.#parts.outbox.all(this.id);
  }

  /**
   * Changes the text of one's own message. This and the other changes resolve when the server has the change for certain,
   * and are refused with `UNAVAILABLE` where there is no connection for some seconds; `messageChanged` tells when it is made. What is
   * refused later still is told by the client's `changeRefused`. `FORBIDDEN` where it is someone else's message,
   * `CONFLICT` where it was deleted, `NOT_FOUND` where there is none.
   */
  edit(seq: number, content: string): Promise<void> {
    return this.#change({ action: 'editMessage', seq, content });
  }

  /** Empties one's own message, or, as an admin of a group, anyone's; its place stays. For good. */
  delete(seq: number): Promise<void> {
    return this.#change({ action: 'deleteMessage', seq });
  }

  /** Adds one's reaction, one emoji; once, however often it is called. */
  react(seq: number, emoji: string): Promise<void> {
    return this.#change({ action: 'react', seq, emoji, op: 'add' });
  }

  /** Takes one's own reaction back. */
  unreact(seq: number, emoji: string): Promise<void> {
    return this.#change({ action: 'react', seq, emoji, op: 'remove' });
  }

  /**
   * Stored messages: those just below `before`, or just above `after`. With neither, the newest ones, up to
   * where `message` events go on: both together have neither hole nor repeat. Throws `NOT_FOUND` to one who is no
   * member.
   */
  async history({ before, after, limit }: HistoryOptions = {}): Promise<HistoryPage> {
    const { api, replica, outbox } = this.#parts;
    if (replica.position(this.id) === undefined || this.info === undefined) await this.refresh();
    const position = replica.position(this.id) ?? 0;
    const query =
      after === undefined ? { before: Math.min(before ?? position + 1, position + 1) } : { after };
    if (query.before === 1 || (after ?? 0) > position) return { messages: [], hasMore: false };
    const isSure = replica.hold(this.id);
    const { items, nextCursor } = await api.messages({ conversationId: this.id, ...query, limit });
    outbox.settle(items);
    const told = items.filter(({ seq }) => seq <= position);
    const messages = replica.takeHistory(this.id, told, isSure);
    return { messages, hasMore: nextCursor !== null && told.length === items.length };
  }

  /**
   * The messages from now on, or, with `after`, all that follow it and then the new ones: each once and by `seq`. Ends with
   * `signal`, with `break`, and when the client is closed.
   */
  messages(
    options: { after?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Message, void, undefined> {
    const { after, signal } = options;
    // Listens before the first is taken: "from now on" is from this call on.
    return this.#messages(this.events('message', { signal }), after);
  }

  /** A list of the messages for showing. Close it when it is shown no more. */
  timeline(): Timeline {
    return new Timeline(this);
  }

  /**
   * Says that the user has read up to `seq`, or all there is. The inbox shows it at once; the promise resolves when the
   * server knows, which waits for a connection.
   */
  async markRead(seq?: number): Promise<void> {
    const { replica, markers } = this.#parts;
    const { info } = this;
    const newest = info?.lastSeq ?? seq ?? 0;
    const upTo = Math.min(seq ?? newest, newest);
    if (upTo <= (info?.lastReadSeq ?? 0)) return;
    if (replica.userId !== undefined) replica.takeRead(this.id, replica.userId, upTo);
    await markers.move(this.id, upTo);
  }

  /** How far a member has read, as far as is known: from `members()`, `read` events and what the member has sent. */
  readSeq(userId: string): number | undefined {
    return this.#parts.replica.readSeq(this.id, userId);
  }

  /** The members: the first 200 of them. */
  async members(): Promise<Member[]> {
    const { moment } = this.#parts.replica;
    const { members, ...info } = await this.#parts.api.conversation(this.id);
    this.#parts.replica.takeRow(info, moment);
    for (const { userId, lastReadSeq } of members) {
      this.#parts.replica.takeRead(this.id, userId, lastReadSeq);
    }
    return members;
  }

  /** All members, however many. */
  async *allMembers(): AsyncGenerator<Member, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.#parts.api.members(this.id, cursor);
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** Of a group, by an admin. Adding a member twice is no error. */
  async addMembers(userIds: string[]): Promise<Member[]> {
    return (await this.#parts.api.addMembers(this.id, userIds)).members;
  }

  /** Of a group, by an admin. */
  removeMember(userId: string): Promise<void> {
    return this.#parts.api.removeMember(this.id, userId);
  }

  /** Of a group, by an admin. `CONFLICT` where it would leave the group without one. */
  setRole(userId: string, role: Role): Promise<Member> {
    return this.#parts.api.setRole(this.id, userId, role);
  }

  /** Leaves a group. `CONFLICT` for its last admin while others remain. */
  async leave(): Promise<void> {
    const { api, replica } = this.#parts;
    const userId = replica.userId ?? (await api.me()).userId;
    await api.removeMember(this.id, userId);
    replica.takeRemoval(this.id, replica.moment);
  }

  /** Of a group, by an admin. */
  rename(title: string): Promise<ConversationInfo> {
    return this.#row((id, api) => api.rename(id, title));
  }

  /** One's own: they change nothing for others. */
  updateSettings(settings: { pinned?: boolean; mutedUntil?: string | null }): Promise<ConversationInfo> {
    return this.#row((id, api) => api.updateSettings(id, settings));
  }

  /** Reads the conversation from the server. */
  refresh(): Promise<ConversationInfo> {
    return this.#row(async (id, api) => {
      const { members: _members, ...info } = await api.conversation(id);
      return info;
    });
  }

  #change(change: MessageChange): Promise<void> {
    return this.#parts.changes.send({ conversationId: this.id, ...change });
  }

  async #row(call: (id: string, api: Api) => Promise<ConversationInfo>): Promise<ConversationInfo> {
    const { api, replica } = this.#parts;
    const { moment } = replica;
    const row = await call(this.id, api);
    replica.takeRow(row, moment);
    return replica.get(this.id) ?? row;
  }

  async *#messages(
    live: AsyncIterableIterator<Message>,
    after: number | undefined,
  ): AsyncGenerator<Message, void, undefined> {
    let last = after ?? 0;
    try {
      for (let hasMore = after !== undefined; hasMore; ) {
        const page = await this.history({ after: last, limit: 100 });
        for (const message of page.messages) {
          last = message.seq;
          yield message;
        }
        ({ hasMore } = page);
      }
      for await (const message of live) {
        if (message.seq > last) yield message; // Some were told live while the pages were read.
      }
    } finally {
      await live.return?.();
    }
  }
}
