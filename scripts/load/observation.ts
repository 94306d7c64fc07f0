/** What the clients of a run did and were told, as plain data: the verifier needs nothing else of them. */

export type SentState = 'queued' | 'sent' | 'stored' | 'failed';

export type Sent = {
  messageId: string;
  conversationId: string;
  senderId: string;
  content: string;
  state: SentState;
  /** As the sender was told. */
  seq: number | undefined;
  /** Why it failed. */
  error: string | undefined;
};

export type Received = { seq: number; messageId: string; senderId: string; content: string };

/** How far a user's client was told to mark a conversation as read, and how far the server is known to know. */
export type Marker = { asked: number; confirmed: number };

/** A conversation as one member's inbox shows it. */
export type InboxRow = { lastSeq: number; lastReadSeq: number; unreadCount: number };

/** By user, then by conversation. */
export type ByMember<Value> = Map<string, Map<string, Value>>;

export type Observation = {
  /** In the order of sending. */
  sent: Sent[];
  /** In the order in which each client's application was told. */
  received: ByMember<Received[]>;
  markers: ByMember<Marker>;
  /** What the client's live inbox shows at the end. */
  shown: ByMember<InboxRow>;
};

/** What the server says when it is asked at the end. */
export type StoredTruth = {
  conversations: Map<string, StoredConversation>;
  inboxes: ByMember<InboxRow>;
};

export type StoredConversation = {
  members: string[];
  /** `lastSeq` before the run's first message. */
  base: number;
  /** All messages after `base`, as the history gives them. */
  messages: Received[];
};

export function ofMember<Value>(
  values: ByMember<Value>,
  userId: string,
  conversationId: string,
): Value | undefined {
  return values.get(userId)?.get(conversationId);
}

export function setOfMember<Value>(
  values: ByMember<Value>,
  userId: string,
  conversationId: string,
  value: Value,
): void {
  const own = values.get(userId) ?? new Map<string, Value>();
  values.set(userId, own);
  own.set(conversationId, value);
}
