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
  members: Map<string, Membership>;
};

export class Refusal extends Error {
  readonly code: 'NOT_FOUND' | 'CONFLICT' | 'FORBIDDEN' | 'BAD_REQUEST';

  constructor(code: Refusal['code']) {
    super(code);
    this.code = code;
  }
}

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
