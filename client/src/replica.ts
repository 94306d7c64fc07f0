import { grownOf, isSame, merged, previewOf } from './conversation-info.ts';
import type { ServerEvent, SyncReply } from './frames.ts';
import type { ConversationInfo, Message } from './protocol.ts';
import { Sequence } from './sequence.ts';

/** What one conversation is known to be. */
type Known = {
  /** Undefined: not heard yet, or one is no member any more. */
  info: ConversationInfo | undefined;
  sequence: Sequence | undefined;
  /** Messages that came before the conversation itself. */
  early: Message[];
  /** When an event last changed what no `seq` orders, in {@link Replica.moment}s. */
  changedAt: number;
  /** How far members have read. */
  readers: Map<string, number>;
};

export type ReplicaEvents = {
  /** Stored, in whatever order, perhaps not for the first time. */
  onSeen(messages: readonly Message[]): void;
  /** Next in order. */
  onMessage(message: Message): void;
  onInfo(info: ConversationInfo): void;
  onRead(conversationId: string, userId: string, seq: number): void;
  onRemoved(conversationId: string): void;
  /** Something is missing: messages before one that came, or the conversation that messages came of. */
  onLack(): void;
  /** There are messages that have not come; they may be just behind. */
  onHint(): void;
};

/**
 * The client's copy of the user's conversations. Events, rows of the inbox and answers to `sync` are merged into it in
 * whatever order they come: by `seq` where there is one, and otherwise by which was asked for or heard last.
 */
export class Replica {
  readonly #conversations = new Map<string, Known>();
  readonly #events: ReplicaEvents;
  #moment = 0;
  #newestActivity = '';
  /** Whose copy it is; what one has sent oneself one has read. */
  userId: string | undefined;
  /** Whether the whole inbox has been read once: what is new from then on is new to the application too. */
  isComplete = false;

  constructor(events: ReplicaEvents) {
    this.#events = events;
  }

  /** Counts what events have changed: asked before a request, it tells afterwards what is newer than the answer. */
  get moment(): number {
    return this.#moment;
  }

  /** The newest activity of any conversation that has been heard of; `''` where there is none. */
  get newestActivity(): string {
    return this.#newestActivity;
  }

  get(conversationId: string): ConversationInfo | undefined {
    return this.#conversations.get(conversationId)?.info;
  }

  all(): ConversationInfo[] {
    return [...this.#conversations.values()].flatMap(({ info }) => info ?? []);
  }

  /** `seq` of the last message that was told. */
  position(conversationId: string): number | undefined {
    return this.#conversations.get(conversationId)?.sequence?.position;
  }

  readSeq(conversationId: string, userId: string): number | undefined {
    return this.#conversations.get(conversationId)?.readers.get(userId);
  }

  /** Conversations of which something is missing, with where they stand. */
  lagging(): { conversationId: string; afterSeq: number }[] {
    return [...this.#conversations].flatMap(([conversationId, { info, sequence }]) =>
      info !== undefined && sequence?.lags ? [{ conversationId, afterSeq: sequence.position }] : [],
    );
  }

  /** Conversations whose messages came before themselves. */
  unknown(): string[] {
    return [...this.#conversations].flatMap(([id, known]) => (known.early.length > 0 ? [id] : []));
  }

  /** Conversations that were there at that moment and have not changed since. */
  unchangedSince(moment: number): string[] {
    return [...this.#conversations].flatMap(([id, { info, changedAt }]) =>
      info !== undefined && changedAt <= moment ? [id] : [],
    );
  }

  /** What the server pushes. */
  take(event: ServerEvent): void {
    switch (event.type) {
      case 'message':
        this.takeMessages(event.messages);
        break;
      case 'read':
        this.takeRead(event.conversationId, event.userId, event.seq);
        break;
      case 'conversation':
        this.#mergeRow(event.conversation, this.#moment);
        this.heardOf(event.conversation.conversationId, event.conversation.lastSeq);
        this.#known(event.conversation.conversationId).changedAt = ++this.#moment;
        break;
      case 'conversationChanged': {
        const known = this.#known(event.conversationId);
        known.changedAt = ++this.#moment;
        this.#update(known, { title: event.title, memberCount: event.memberCount });
        break;
      }
      case 'conversationRemoved':
        this.takeRemoval(event.conversationId, this.#moment);
    }
  }

  /** A conversation as the server answered when it was asked at that moment. */
  takeRow(row: ConversationInfo, askedAt: number): void {
    const { sequence } = this.#mergeRow(row, askedAt);
    sequence?.heardOf(row.lastSeq);
    if (sequence?.lags) this.#events.onLack();
  }

  #mergeRow(row: ConversationInfo, askedAt: number): Known {
    const known = this.#known(row.conversationId);
    const outdated = known.changedAt > askedAt;
    if (known.info !== undefined) {
      this.#update(known, outdated ? grownOf(row) : row);
    } else if (!outdated) {
      const start = this.isComplete ? row.lastReadSeq : row.lastSeq;
      known.sequence ??= new Sequence(Math.min(start, ...known.early.map(({ seq }) => seq - 1)));
      known.info = row;
      this.#heardOfActivity(row.lastActivityAt);
      this.#events.onInfo(row);
    }
    if (known.info !== undefined) this.takeMessages(known.early.splice(0));
    return known;
  }

  takeSynced(reply: SyncReply, askedAt: number): void {
    for (const synced of reply.conversations) {
      if ('code' in synced) {
        this.takeRemoval(synced.conversationId, askedAt);
        continue;
      }
      const { conversationId, lastSeq, lastReadSeq, messages } = synced;
      const known = this.#known(conversationId);
      known.sequence?.heardOf(lastSeq);
      this.takeMessages(messages);
      this.#update(known, { lastSeq, lastReadSeq });
    }
  }

  /** Messages of one conversation. */
  takeMessages(messages: Message[]): void {
    const [first] = messages;
    const newest = messages.at(-1);
    if (first === undefined || newest === undefined) return;
    this.#events.onSeen(messages);
    this.#heardOfActivity(newest.createdAt);
    const known = this.#known(first.conversationId);
    if (known.info === undefined || known.sequence === undefined) {
      known.early.push(...messages);
      this.#events.onLack();
      return;
    }
    const next = known.sequence.take(messages);
    this.#update(known, {
      lastSeq: newest.seq,
      lastActivityAt: newest.createdAt,
      lastMessagePreview: previewOf(newest),
    });
    for (const message of next) {
      // Who has sent has read up to there; the server does not say so in words.
      this.#read(known, message.conversationId, message.senderId, message.seq);
      this.#events.onMessage(message);
    }
    if (known.sequence.lags) this.#events.onLack();
  }

  takeRead(conversationId: string, userId: string, seq: number): void {
    this.#read(this.#known(conversationId), conversationId, userId, seq);
    this.heardOf(conversationId, seq); // Nobody reads what is not there.
  }

  /** There are messages up to `seq`. */
  heardOf(conversationId: string, seq: number): void {
    const sequence = this.#conversations.get(conversationId)?.sequence;
    sequence?.heardOf(seq);
    if (sequence?.lags) this.#events.onHint();
  }

  /** One is no member, said the server when it was asked at that moment. */
  takeRemoval(conversationId: string, askedAt: number): void {
    const known = this.#known(conversationId);
    if (known.changedAt > askedAt) return;
    known.changedAt = ++this.#moment;
    known.early.length = 0;
    if (known.info === undefined) return;
    // The sequence stays: who is added again goes on from there, without a hole.
    known.info = undefined;
    this.#events.onRemoved(conversationId);
  }

  #read(known: Known, conversationId: string, userId: string, seq: number): void {
    if (userId === this.userId) this.#update(known, { lastReadSeq: seq });
    if ((known.readers.get(userId) ?? -1) >= seq) return;
    known.readers.set(userId, seq);
    this.#events.onRead(conversationId, userId, seq);
  }

  #known(conversationId: string): Known {
    const existing = this.#conversations.get(conversationId);
    if (existing !== undefined) return existing;
    const known: Known = {
      info: undefined,
      sequence: undefined,
      early: [],
      changedAt: 0,
      readers: new Map(),
    };
    this.#conversations.set(conversationId, known);
    return known;
  }

  #update(known: Known, change: Partial<ConversationInfo>): void {
    const before = known.info;
    if (before === undefined) return;
    const after = merged(before, change);
    this.#heardOfActivity(after.lastActivityAt);
    if (isSame(before, after)) return;
    known.info = after;
    this.#events.onInfo(after);
  }

  #heardOfActivity(at: string): void {
    if (at > this.#newestActivity) this.#newestActivity = at;
  }
}
