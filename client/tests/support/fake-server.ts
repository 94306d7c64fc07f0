import type { Wanted } from '../../src/frames.ts';
import type { Fetch } from '../../src/http.ts';
import type { WebSocketClass } from '../../src/transport.ts';
import { type Change, FakeChat, type Outgoing, Refusal } from './fake-chat.ts';
import type { FakeClock } from './fake-clock.ts';
import { fakeFetch } from './fake-http.ts';
import { FakeSocket } from './fake-socket.ts';
import { calm, type Network } from './fate.ts';

type Refused = { code: string; retryAfterMs?: number };
type Frame = { action: string; requestId: string; [field: string]: unknown };

/** Small, so that few messages make many pages. */
export const pages = { inbox: 3, history: 4, sync: 3, syncConversations: 50 };

/** A Parley without clock, network or accidents of its own: the test hands them in. */
export class FakeServer {
  readonly clock: FakeClock;
  readonly chat: FakeChat;
  network: Network = calm;
  /** Refuses connections and requests, as if nobody were there. */
  isDown = false;
  /** The good tokens and whose they are. */
  readonly tokens = new Map<string, string>();
  /** Everyone's. */
  readonly password = 'correct horse battery';
  /** Who is there, of those one shares a conversation with. */
  readonly presence = new Map<string, 'online' | 'offline'>();
  /** Those that are open. */
  readonly sockets = new Set<FakeSocket>();
  readonly connecting = new Set<FakeSocket>();
  /** Every frame of a client that was not refused. */
  readonly frames: Frame[] = [];
  /** Every handshake, good or bad. */
  handshakes = 0;
  /** Every HTTP request that arrived: method and path. */
  readonly requests: string[] = [];
  readonly fetch: Fetch;
  readonly WebSocket: WebSocketClass;
  /** Between the acknowledgement of a message and its storing. */
  storeAfterMs = 5;
  readonly #refusals: (Refused & { action: string })[] = [];
  readonly #queues = new Map<string, (() => void)[]>();

  constructor(clock: FakeClock) {
    this.clock = clock;
    this.chat = new FakeChat(clock);
    this.chat.onPush = (userId, event) => {
      for (const socket of this.sockets) if (socket.userId === userId) socket.push(event);
    };
    this.fetch = fakeFetch(this);
    const server = this;
    this.WebSocket = class extends FakeSocket {
      constructor(_url: string, protocols: string[]) {
        super(server, protocols);
      }
    };
  }

  /** Ends all sockets, as a network or a server that goes away does. */
  cut(): void {
    for (const socket of [...this.sockets, ...this.connecting]) socket.end();
  }

  /** The sockets stay open for the client, but nobody is there any more. */
  vanish(): void {
    for (const socket of [...this.sockets]) socket.vanish();
  }

  /** Answers the next such frame with this error; `gateway` stands for a frame without type. */
  refuseNext(refusal: Refused, action = 'sendMessage'): void {
    this.#refusals.push({ ...refusal, action });
  }

  /** What a socket's frame is answered with; `undefined` for nothing. */
  answer(userId: string, frame: Frame): object | undefined {
    const { requestId, action } = frame;
    const refusal = this.#refusals[0]?.action === action ? this.#refusals.shift() : undefined;
    if (refusal?.code === 'gateway') return { message: 'Internal server error', requestId: 'theirs' };
    if (refusal !== undefined) return { type: 'error', message: refusal.code, requestId, ...refusal };
    this.frames.push(frame);
    try {
      const reply = this.#act(userId, frame);
      return reply && { ...reply, requestId };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { type: 'error', code: error.code, message: error.code, action, requestId };
    }
  }

  /** Durably queued: stored later, what is of one conversation in this order. */
  accept(conversationId: string, userId: string, store: () => void): void {
    this.chat.messages(conversationId, userId);
    const queue = this.#queues.get(conversationId) ?? [];
    this.#queues.set(conversationId, queue);
    queue.push(store);
    this.clock.setTimeout(() => queue.shift()?.(), this.storeAfterMs);
  }

  #act(userId: string, frame: Frame): object | undefined {
    const { chat, clock } = this;
    switch (frame.action) {
      case 'heartbeat': {
        const latestActivityAt = chat.inbox(userId)[0]?.lastActivityAt ?? null;
        return { type: 'heartbeat', serverTime: clock.iso(), latestActivityAt };
      }
      case 'markRead': {
        const { conversationId, seq } = frame as unknown as { conversationId: string; seq: number };
        const lastReadSeq = chat.markRead(conversationId, userId, seq);
        return { type: 'ack', action: frame.action, conversationId, lastReadSeq };
      }
      case 'sendMessage': {
        const { conversationId, messageId, content } = frame as unknown as Outgoing;
        this.accept(conversationId, userId, () => chat.store(userId, { conversationId, messageId, content }));
        const acceptedAt = clock.iso();
        return { type: 'ack', action: frame.action, conversationId, messageId, acceptedAt };
      }
      case 'typing': {
        const { conversationId, state } = frame as unknown as { conversationId: string; state: string };
        for (const { userId: other } of chat.members(conversationId)) {
          if (other !== userId) chat.onPush(other, { type: 'typing', conversationId, userId, state });
        }
        return undefined;
      }
      case 'presence':
        return { type: 'presence', users: this.#presenceOf(frame['userIds'] as string[]) };
      case 'editMessage':
      case 'deleteMessage':
      case 'react': {
        const { conversationId, ...change } = frame as unknown as Change & { conversationId: string };
        const { action, seq } = change;
        if (seq > chat.messages(conversationId, userId).length) throw new Refusal('NOT_FOUND');
        this.accept(conversationId, userId, () => chat.change(conversationId, userId, [change]));
        return { type: 'ack', action, conversationId, seq, acceptedAt: clock.iso() };
      }
      case 'sync':
        return { type: 'sync', conversations: this.#sync(userId, frame) };
      default:
        throw new Refusal('BAD_REQUEST');
    }
  }

  /** Strangers are left out. */
  #presenceOf(userIds: string[]): object[] {
    if (userIds.length > 100) throw new Refusal('BAD_REQUEST');
    return userIds.flatMap((userId) => {
      const status = this.presence.get(userId);
      return status === undefined ? [] : [{ userId, status, lastSeenAt: this.clock.iso() }];
    });
  }

  #sync(userId: string, frame: Frame): object[] {
    const wanted = frame['conversations'] as Wanted[];
    if (wanted.length > pages.syncConversations) throw new Refusal('BAD_REQUEST');
    // One reply holds so many messages of all conversations together.
    let room = pages.sync;
    return wanted.map(({ conversationId, afterSeq, afterRevision }) => {
      if (!this.chat.isMember(conversationId, userId)) return { conversationId, code: 'NOT_FOUND' };
      const { lastSeq, lastReadSeq } = this.chat.row(conversationId, userId);
      const messages = this.chat.messages(conversationId, userId).slice(afterSeq, afterSeq + room);
      room -= messages.length;
      const lastRevision = this.chat.lastRevision(conversationId);
      const allChanged = this.chat.changedAfter(conversationId, afterRevision ?? lastRevision);
      const changed = allChanged.slice(0, room);
      room -= changed.length;
      const hasMore = afterSeq + messages.length < lastSeq || changed.length < allChanged.length;
      return { conversationId, lastSeq, lastReadSeq, lastRevision, messages, changed, hasMore };
    });
  }
}
