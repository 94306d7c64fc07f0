import { Changes, type Source } from './changes.ts';
import { grownOf, isSame, merged, previewOf } from './conversation-info.ts';
import type { ServerEvent, SyncReply, Wanted } from './frames.ts';
import type { ConversationInfo, Message } from './protocol.ts';
import { Sequence } from './sequence.ts';

/** What one conversation is known to be. */
type Known = {
  /** Undefined: not heard yet, or one is no member any more. */
  info: ConversationInfo | undefined;
  sequence: Sequence | undefined;
  readonly changes: Changes;
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
  /** A newer copy of one that was told, or that stood in the conversation before. */
  onChanged(message: Message): void;
  onInfo(info: ConversationInfo): void;
  onRead(conversationId: string, userId: string, seq: number): void;
  onRemoved(conversationId: string): void;
  /** Something is missing: messages before one that came, or the conversation that messages came of. */
  onLack(): void;
  /** There are messages that have not come; they may be just behind. */
  onHint(): void;
  /** One is a member again; what has changed meanwhile is not known. */
  onReturn(conversationId: string): void;
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
  lagging(): Wanted[] {
    return [...this.#conversations].flatMap(([id, { info, sequence, changes }]) =>
      info !== undefined && (sequence?.lags || changes.lacks) ? [this.wanted(id)] : [],
    );
  }

  /** What to ask for, to have all of the conversation that there is. */
  wanted(conversationId: string): Wanted {
    const { sequence, changes } = this.#known(conversationId);
    return { conversationId, ...changes.wanted(sequence?.position ?? 0) };
  }

  /** Conversations of which the application has messages, so that it must learn what has become of them. */
  held(): string[] {
    return [...this.#conversations].flatMap(([id, { info, changes }]) =>
      info !== undefined && changes.isHeld ? [id] : [],
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
      case 'messageChanged':
        this.#takeChanges(event);
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

  #mergeRow(given: ConversationInfo, askedAt: number): Known {
    const known = this.#known(given.conversationId);
    const row = this.#withNewestCopy(known, given);
    const outdated = known.changedAt > askedAt;
    if (known.info !== undefined) {
      this.#update(known, outdated ? grownOf(row) : row);
    } else if (!outdated) {
      const start = this.isComplete ? row.lastReadSeq : row.lastSeq;
      if (known.sequence !== undefined) this.#events.onReturn(row.conversationId);
      known.sequence ??= new Sequence(Math.min(start, ...known.early.map(({ seq }) => seq - 1)));
      known.info = row;
      this.#heardOfActivity(row.lastActivityAt);
      this.#events.onInfo(row);
    }
    if (known.info !== undefined) this.takeMessages(known.early.splice(0));
    return known;
  }

  takeSynced(reply: SyncReply, asked: Wanted[], askedAt: number): void {
    for (const synced of reply.conversations) {
      if ('code' in synced) {
        this.takeRemoval(synced.conversationId, askedAt);
        continue;
      }
      const { conversationId, lastSeq, lastReadSeq, messages, changed } = synced;
      const known = this.#known(conversationId);
      known.sequence?.heardOf(lastSeq);
      this.takeMessages(messages, 'reply');
      this.takeMessages(changed, 'changes');
      const wanted = asked.find((one) => one.conversationId === conversationId);
      if (wanted !== undefined) known.changes.synced(wanted, synced);
      this.#update(known, { lastSeq, lastReadSeq });
    }
  }

  /** Messages of one conversation, of whatever age. */
  takeMessages(messages: Message[], source: Source = 'event'): void {
    const [newest] = [...messages].sort((one, other) => other.seq - one.seq);
    if (newest === undefined) return;
    this.#events.onSeen(messages);
    this.#heardOfActivity(newest.createdAt);
    const known = this.#known(newest.conversationId);
    const { info, sequence, changes } = known;
    if (info === undefined || sequence === undefined) {
      // Of a message that came early, the change is asked for when the message is told.
      if (source === 'changes') return;
      known.early.push(...messages);
      this.#events.onLack();
      return;
    }
    const { position } = sequence;
    const news = this.#takeCopies(known, messages, source).filter(({ seq }) => seq <= position);
    const next = sequence.take(messages).map((message) => changes.newest(message));
    const isSure = source === 'reply' || changes.areSure;
    for (const message of [...news, ...next]) changes.give([message], isSure);
    this.#update(known, {
      lastSeq: newest.seq,
      lastActivityAt: newest.createdAt,
      lastMessagePreview: previewOf(changes.newest(newest)),
    });
    for (const message of news) this.#events.onChanged(message);
    for (const message of next) {
      // Who has sent has read up to there; the server does not say so in words.
      this.#read(known, message.conversationId, message.senderId, message.seq);
      this.#events.onMessage(message);
    }
    if (sequence.lags) this.#events.onLack();
  }

  /**
   * The application is about to read history. Answers whether none of its changes can go unnoticed from then on, which
   * {@link takeHistory} is to be told.
   */
  hold(conversationId: string): boolean {
    const { changes } = this.#known(conversationId);
    const isSure = changes.areSure;
    changes.give([], true);
    if (!isSure) this.#events.onLack();
    return isSure;
  }

  /** Messages of one conversation that were read up to where it is told. Answers the newest copies of them. */
  takeHistory(conversationId: string, messages: Message[], isSure: boolean): Message[] {
    const known = this.#known(conversationId);
    const news = this.#takeCopies(known, messages, 'event');
    known.changes.give(messages, isSure);
    for (const message of news) this.#events.onChanged(message);
    return messages.map((message) => known.changes.newest(message));
  }

  /** Answers those that are news where an older copy was told. */
  #takeCopies(known: Known, messages: Message[], source: Source): Message[] {
    const fresh = known.changes.take(messages);
    const shown = fresh.find(({ seq }) => seq === known.info?.lastMessagePreview?.seq);
    if (shown !== undefined) this.#update(known, { lastMessagePreview: previewOf(shown) });
    return fresh.filter((message) => known.changes.isNews(message, source));
  }

  #takeChanges(event: Extract<ServerEvent, { type: 'messageChanged' }>): void {
    const [first] = event.messages;
    if (first === undefined) return;
    const { info, changes } = this.#known(first.conversationId);
    if (info === undefined) return; // Where one is a member again, all that has changed is asked for.
    this.takeMessages(event.messages, 'changes');
    changes.heard(event.afterRevision, event.lastRevision);
    if (changes.hasGap) this.#events.onLack();
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

  /** A row does not say of which revision its preview is. */
  #withNewestCopy({ changes }: Known, row: ConversationInfo): ConversationInfo {
    const copy = row.lastMessagePreview && changes.copyOf(row.lastMessagePreview.seq);
    return copy ? { ...row, lastMessagePreview: previewOf(copy) } : row;
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
      changes: new Changes(),
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
