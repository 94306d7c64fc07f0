/* The public API as declarations, while the code behind it is being written. Same names, same types. */
import type {
  ConversationInfo,
  ErrorCode,
  Member,
  Message,
  Profile,
  PublicProfile,
  Role,
  Session,
  SignedIn,
} from './protocol.ts';

/** `CLOSED`: the client was closed, or the message discarded. */
export type ParleyErrorCode = ErrorCode | 'CLOSED';
export declare class ParleyError extends Error {
  readonly code: ParleyErrorCode;
  readonly retryAfterMs: number | undefined;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
}

export type Unsubscribe = () => void;
/** Events as listeners and as async iterators. */
export declare class Emitter<Events> {
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): Unsubscribe;
  events<Type extends keyof Events>(
    type: Type,
    options?: { signal?: AbortSignal },
  ): AsyncIterableIterator<Events[Type]>;
}

export type ConnectionState = 'offline' | 'connecting' | 'online';
export type StateChange = {
  state: ConnectionState;
  /** Why the client went offline, or why the last attempt failed. */
  reason?: ParleyError | undefined;
  /** While connecting: when the next attempt begins (milliseconds since 1970). */
  retryAt?: number | undefined;
};

export type Clock = {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
};

export interface ParleyOptions {
  /** Where the HTTP API is, with or without `/v1`: `http://localhost:8787`, or the stack's output `HttpUrl`. */
  url: string;
  /** Where the WebSocket API is. @default `/connect` at the host of `url` */
  webSocketUrl?: string;
  token?: string;
  /** End of `token`; where given, the client renews the token ahead of it and tells `session`. */
  expiresAt?: string;
  /** Asked for a token when there is none, and once after each refusal. */
  getToken?: () => string | Promise<string>;
  /** Whose outbox this is. Give it where known: else unsent messages are persisted only once the server has told. */
  userId?: string;
  /** Keeps the outbox. @default IndexedDB where there is one, else memory */
  storage?: OutboxStorage;
  /** @default the global WebSocket */
  WebSocket?: new (
    url: string,
    protocols: string[],
  ) => WebSocketLike;
  /** @default the global fetch */
  fetch?: typeof fetch;
  clock?: Clock;
  random?: () => number;
}
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}
export interface OutboxRecord {
  messageId: string;
  conversationId: string;
  senderId: string;
  content: string;
  replyTo?: number | undefined;
  queuedAt: number;
  order: number;
  state: 'queued' | 'sent' | 'failed';
  error?: { code: ParleyErrorCode; message: string } | undefined;
}
export interface OutboxStorage {
  /** Same name in another tab = same records. Undefined: nobody shares them. */
  readonly name?: string | undefined;
  all(): Promise<OutboxRecord[]>;
  put(record: OutboxRecord): Promise<void>;
  delete(messageId: string): Promise<void>;
}
export declare function memoryStorage(): OutboxStorage;
export declare function indexedDbStorage(name?: string): OutboxStorage;

export type ClientEvents = {
  state: StateChange;
  /** A new message of any conversation: each once, those of one conversation by `seq`. */
  message: Message;
  /** All that was missed while away has been told. */
  caughtUp: undefined;
  /** The token was renewed: keep it for the next start. */
  session: Session;
  /** An unsent message changed its state, in any conversation. */
  outgoing: OutgoingMessage;
  /** Something failed that no call reports, such as the storage. */
  error: unknown;
};

export declare class ParleyClient extends Emitter<ClientEvents> {
  static login(options: {
    url: string;
    username: string;
    password: string;
    fetch?: typeof fetch;
  }): Promise<SignedIn>;
  static register(options: {
    url: string;
    username: string;
    password: string;
    displayName?: string;
    fetch?: typeof fetch;
  }): Promise<SignedIn>;
  constructor(options: ParleyOptions);
  readonly state: ConnectionState;
  /** Why the state is what it is, where it is not `online`. */
  readonly reason: ParleyError | undefined;
  /** Undefined until known. */
  readonly userId: string | undefined;
  /** Resolves when online and caught up; rejects when that is given up (see `state`). */
  connect(): Promise<void>;
  close(): Promise<void>;
  /** The live inbox: the same object each time. */
  conversations(): Inbox;
  /** The same object each time for one id. */
  conversation(conversationId: string): Conversation;
  createDm(userId: string): Promise<Conversation>;
  createGroup(options: { title: string; memberIds?: string[]; createId?: string }): Promise<Conversation>;
  findUser(username: string): Promise<PublicProfile | undefined>;
  profiles(userIds: string[]): Promise<PublicProfile[]>;
  me(): Promise<Profile>;
  updateProfile(changes: { displayName?: string }): Promise<Profile>;
  changePassword(options: { currentPassword: string; newPassword: string }): Promise<Session>;
  /** Ends all sessions of the user, on all devices, and closes the client. */
  logout(): Promise<void>;
  /** All messages that are not stored yet, in the order they were queued. */
  readonly outgoing: readonly OutgoingMessage[];
}

/** Sorted: pinned first, then by newest activity. */
export declare class Inbox extends Emitter<{ change: Inbox }> implements Iterable<ConversationInfo> {
  /** A new array after each change. */
  readonly items: readonly ConversationInfo[];
  /** Whether the whole inbox has been read once. */
  readonly loaded: boolean;
  get(conversationId: string): ConversationInfo | undefined;
  /** Over all conversations. */
  readonly unreadMessages: number;
  readonly unreadConversations: number;
  /** Without muted conversations: for a badge. */
  readonly unmutedUnreadMessages: number;
  [Symbol.iterator](): Iterator<ConversationInfo>;
}

export type ConversationEvents = {
  /** Each new message once, by `seq`. */
  message: Message;
  /** Title, members, unread count … changed. */
  info: ConversationInfo;
  /** A member has read up to `seq`; oneself included. */
  read: { userId: string; seq: number };
  outgoing: OutgoingMessage;
  /** One is no member any more. */
  removed: undefined;
};
export type HistoryPage = { messages: Message[]; hasMore: boolean };

export declare class Conversation extends Emitter<ConversationEvents> {
  readonly id: string;
  /** Undefined until known, and for one who is no member. */
  readonly info: ConversationInfo | undefined;
  send(content: string, options?: { replyTo?: number; messageId?: string }): OutgoingMessage;
  /** Not stored yet, in order. */
  readonly outgoing: readonly OutgoingMessage[];
  /** Without `before` and `after`: the newest, up to where `message` events go on. Ascending always. */
  history(options?: { before?: number; after?: number; limit?: number }): Promise<HistoryPage>;
  /** New messages, or all after `after` and then the new ones: each once, by `seq`. */
  messages(options?: { after?: number; signal?: AbortSignal }): AsyncIterableIterator<Message>;
  /** The messages as a growing list for showing. */
  timeline(): Timeline;
  /** @param seq defaults to the newest */
  markRead(seq?: number): Promise<void>;
  /** How far that member has read, as far as is known (from `members()` and `read`). */
  readSeq(userId: string): number | undefined;
  /** The first 200. */
  members(): Promise<Member[]>;
  /** All, page by page. */
  allMembers(): AsyncIterableIterator<Member>;
  addMembers(userIds: string[]): Promise<Member[]>;
  removeMember(userId: string): Promise<void>;
  setRole(userId: string, role: Role): Promise<Member>;
  leave(): Promise<void>;
  rename(title: string): Promise<ConversationInfo>;
  updateSettings(settings: { pinned?: boolean; mutedUntil?: string | null }): Promise<ConversationInfo>;
  /** Reads the conversation anew. */
  refresh(): Promise<ConversationInfo>;
}

export type TimelineChange = { kind: 'appended' | 'prepended'; messages: readonly Message[] };
/** A list without hole or repeat that ends at the newest message and grows at both ends. */
export declare class Timeline extends Emitter<{ change: TimelineChange }> {
  /** Ascending; a new array after each change. */
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  loadOlder(limit?: number): Promise<void>;
  close(): void;
}

/** `queued`: not acknowledged; `sent`: the server has it for certain; `stored`: it has its `seq`. */
export type OutgoingState = 'queued' | 'sent' | 'stored' | 'failed' | 'discarded';
export declare class OutgoingMessage extends Emitter<{ state: OutgoingState }> {
  readonly messageId: string;
  readonly conversationId: string;
  readonly content: string;
  readonly replyTo: number | undefined;
  /** Milliseconds since 1970, by this device's clock. */
  readonly queuedAt: number;
  readonly state: OutgoingState;
  /** Why it failed. */
  readonly error: ParleyError | undefined;
  /** The stored message. */
  readonly message: Message | undefined;
  /** Rejects when it fails or is discarded. */
  whenStored(): Promise<Message>;
  /** Of a failed message. */
  retry(): void;
  /** Of a failed or queued message. */
  discard(): void;
}
