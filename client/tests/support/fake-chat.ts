import type { ConversationInfo, Member, Message } from '../../src/protocol.ts';
import type { FakeClock } from './fake-clock.ts';

type Membership = {
  role: 'admin' | 'member';
  joinedAt: string;
  lastReadSeq: number;
  pinned: boolean;
  mutedUntil: string | null;
};
type Room = {
  id: string;
  title: string;
  createdAt: string;
  createdBy: string;
  messages: Message[];
  lastRevision: number;
  members: Map<string, Membership>;
};

export class Refusal extends Error {
  readonly code: 'NOT_FOUND' | 'CONFLICT' | 'FORBIDDEN' | 'BAD_REQUEST';

  constructor(code: Refusal['code']) {
    super(code);
    this.code = code;
  }
}

/** A change as a client asks for it. */
export type Change = { seq: number } & (
  | { action: 'editMessage'; content: string }
  | { action: 'deleteMessage' }
  | { action: 'react'; emoji: string; op: 'add' | 'remove' }
);
export type Outgoing = { conversationId: string; messageId: string; content: string };

/** What the server keeps: rooms, their messages by `seq`, and who has read how far. No network, no accidents. */
export class FakeChat {
  readonly #clock: FakeClock;
  readonly #rooms = new Map<string, Room>();
  readonly #stored = new Map<string, Message>();
  /** Told of everything that is pushed, with whom it is pushed to. */
  onPush: (userId: string, event: object) => void = () => undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  create(id: string, creator: string, others: string[]): void {
    const joinedAt = this.#clock.iso();
    const room: Room = {
      id,
      title: id,
      createdAt: joinedAt,
      createdBy: creator,
      messages: [],
      lastRevision: 0,
      members: new Map(
        [creator, ...others].map((userId, index) => [
          userId,
          {
            role: index === 0 ? 'admin' : 'member',
            joinedAt,
            lastReadSeq: 0,
            pinned: false,
            mutedUntil: null,
          },
        ]),
      ),
    };
    this.#rooms.set(id, room);
    for (const userId of room.members.keys()) this.#introduce(room, userId);
  }

  add(id: string, userId: string): void {
    const room = this.#room(id);
    if (room.members.has(userId)) return;
    const lastReadSeq = room.messages.length;
    room.members.set(userId, {
      role: 'member',
      joinedAt: this.#clock.iso(),
      lastReadSeq,
      pinned: false,
      mutedUntil: null,
    });
    this.#introduce(room, userId);
    this.#announce(room);
  }

  remove(id: string, userId: string): void {
    const room = this.#room(id);
    if (!room.members.delete(userId)) return;
    this.onPush(userId, { type: 'conversationRemoved', conversationId: id });
    this.#announce(room);
  }

  rename(id: string, title: string): void {
    const room = this.#room(id);
    room.title = title;
    this.#announce(room);
  }

  pin(id: string, userId: string, pinned: boolean): void {
    const room = this.#room(id);
    this.#member(id, userId).pinned = pinned;
    this.#introduce(room, userId);
  }

  mute(id: string, userId: string, mutedUntil: string): void {
    this.#member(id, userId).mutedUntil = mutedUntil;
    this.#introduce(this.#room(id), userId);
  }

  /** Once for each sender and messageId. */
  store(senderId: string, { conversationId, messageId, content }: Outgoing): void {
    const key = `${senderId} ${messageId}`;
    const known = this.#stored.get(key);
    if (known !== undefined) {
      const isSame = known.content === content && known.conversationId === conversationId;
      const conflict = { type: 'error', code: 'CONFLICT', message: 'used before', messageId };
      this.onPush(senderId, isSame ? { type: 'message', messages: [known] } : conflict);
      return;
    }
    const room = this.#room(conversationId);
    const sender = room.members.get(senderId);
    if (sender === undefined) {
      this.onPush(senderId, { type: 'error', code: 'FORBIDDEN', message: 'has left', messageId });
      return;
    }
    const message: Message = {
      conversationId,
      seq: room.messages.length + 1,
      messageId,
      senderId,
      type: 'text',
      content,
      createdAt: this.#clock.iso(),
    };
    this.#stored.set(key, message);
    room.messages.push(message);
    sender.lastReadSeq = message.seq;
    for (const userId of room.members.keys()) {
      if (message.seq === 1) this.#introduce(room, userId);
      this.onPush(userId, { type: 'message', messages: [message] });
    }
  }

  /** Some changes that are made together, and told in one event. */
  change(id: string, userId: string, changes: Change[]): void {
    const room = this.#room(id);
    const afterRevision = room.lastRevision;
    const changed = new Set<number>();
    for (const change of changes) {
      const message = room.messages[change.seq - 1];
      if (message === undefined) throw new Refusal('NOT_FOUND');
      const refused = refusal(message, userId, change);
      if (refused !== undefined) {
        const { action } = change;
        const { messageId } = message;
        this.onPush(userId, { type: 'error', code: refused, message: refused, action, messageId });
        continue;
      }
      const after = afterChange(message, userId, change, this.#clock.iso());
      if (after === message) {
        const { revision = 0 } = message;
        const afterRevision = Math.max(0, revision - 1);
        this.onPush(userId, {
          type: 'messageChanged',
          messages: [message],
          afterRevision,
          lastRevision: revision,
        });
        continue;
      }
      room.lastRevision += 1;
      room.messages[change.seq - 1] = { ...after, revision: room.lastRevision };
      changed.add(change.seq);
    }
    if (changed.size === 0) return;
    const messages = this.changedAfter(id, afterRevision);
    for (const member of room.members.keys()) {
      this.onPush(member, {
        type: 'messageChanged',
        messages,
        afterRevision,
        lastRevision: room.lastRevision,
      });
    }
  }

  lastRevision(id: string): number {
    return this.#room(id).lastRevision;
  }

  /** As they are now, by revision. */
  changedAfter(id: string, revision: number): Message[] {
    return this.#room(id)
      .messages.filter((message) => revisionOf(message) > revision)
      .sort((one, other) => revisionOf(one) - revisionOf(other));
  }

  markRead(id: string, userId: string, seq: number): number {
    const member = this.#member(id, userId);
    const wanted = Math.min(seq, this.#room(id).messages.length);
    if (wanted > member.lastReadSeq) {
      member.lastReadSeq = wanted;
      for (const reader of this.#room(id).members.keys()) {
        this.onPush(reader, { type: 'read', conversationId: id, userId, seq: wanted });
      }
    }
    return member.lastReadSeq;
  }

  /** Throws `NOT_FOUND` for one who is no member. */
  messages(id: string, userId: string): Message[] {
    this.#member(id, userId);
    return this.#room(id).messages;
  }

  /** All messages as they were when they came, by `seq`. */
  asStored(id: string): Message[] {
    return [...this.#stored.values()]
      .filter(({ conversationId }) => conversationId === id)
      .sort((one, other) => one.seq - other.seq);
  }

  isMember(id: string, userId: string): boolean {
    return this.#rooms.get(id)?.members.has(userId) === true;
  }

  row(id: string, userId: string): ConversationInfo {
    const { role, joinedAt, lastReadSeq, pinned, mutedUntil } = this.#member(id, userId);
    const room = this.#room(id);
    const newest = room.messages.at(-1);
    const lastSeq = room.messages.length;
    return {
      conversationId: id,
      type: 'GROUP',
      title: room.title,
      createdAt: room.createdAt,
      createdBy: room.createdBy,
      memberCount: room.members.size,
      role,
      lastSeq,
      lastReadSeq,
      unreadCount: lastSeq - lastReadSeq,
      lastActivityAt: newest && newest.createdAt > joinedAt ? newest.createdAt : joinedAt,
      lastMessagePreview: newest
        ? { seq: newest.seq, senderId: newest.senderId, text: newest.content }
        : null,
      mutedUntil,
      pinned,
    };
  }

  /** Newest activity first. */
  inbox(userId: string): ConversationInfo[] {
    return [...this.#rooms.keys()]
      .filter((id) => this.isMember(id, userId))
      .map((id) => this.row(id, userId))
      .sort((one, other) => (one.lastActivityAt > other.lastActivityAt ? -1 : 1));
  }

  members(id: string): Member[] {
    return [...this.#room(id).members].map(([userId, { role, joinedAt, lastReadSeq }]) => ({
      userId,
      username: userId,
      displayName: userId,
      role,
      joinedAt,
      lastReadSeq,
    }));
  }

  #introduce(room: Room, userId: string): void {
    this.onPush(userId, { type: 'conversation', conversation: this.row(room.id, userId) });
  }

  #announce({ id, title, members }: Room): void {
    for (const userId of members.keys()) {
      this.onPush(userId, {
        type: 'conversationChanged',
        conversationId: id,
        title,
        memberCount: members.size,
      });
    }
  }

  #room(id: string): Room {
    const room = this.#rooms.get(id);
    if (room === undefined) throw new Refusal('NOT_FOUND');
    return room;
  }

  #member(id: string, userId: string): Membership {
    const member = this.#room(id).members.get(userId);
    if (member === undefined) throw new Refusal('NOT_FOUND');
    return member;
  }
}

const revisionOf = ({ revision = 0 }: Message) => revision;

function refusal(message: Message, userId: string, { action }: Change): 'FORBIDDEN' | 'CONFLICT' | undefined {
  if (action !== 'react' && message.senderId !== userId) return 'FORBIDDEN';
  return message.deleted && action !== 'deleteMessage' ? 'CONFLICT' : undefined;
}

/** The very same object where nothing changes. */
function afterChange(message: Message, userId: string, change: Change, now: string): Message {
  switch (change.action) {
    case 'editMessage':
      return message.content === change.content
        ? message
        : { ...message, content: change.content, editedAt: now };
    case 'deleteMessage': {
      const { editedAt, reactions, ...rest } = message;
      return message.deleted ? message : { ...rest, content: '', deleted: true };
    }
    case 'react': {
      const { reactions = {}, ...rest } = message;
      const users = reactions[change.emoji] ?? [];
      if (users.includes(userId) === (change.op === 'add')) return message;
      const left = change.op === 'add' ? [...users, userId] : users.filter((one) => one !== userId);
      const { [change.emoji]: _before, ...others } = reactions;
      const after = left.length > 0 ? { ...others, [change.emoji]: left } : others;
      return Object.keys(after).length > 0 ? { ...rest, reactions: after } : rest;
    }
  }
}
