import type { Message } from '../../client/src/index.ts';

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

/** A message that has changed, as it was at one revision. */
export type Copy = {
  revision: number;
  content: string;
  deleted: boolean;
  editedAt: string | undefined;
  /** By emoji, in the order of the alphabet: a table does not keep another one. */
  reactions: [emoji: string, userIds: string[]][];
};

/** A message as the history has it at the end. */
export type Stored = Received & {
  /** Undefined where it has never changed. */
  copy: Copy | undefined;
};

export type ChangeAction =
  | { type: 'edit'; content: string }
  | { type: 'delete' }
  | { type: 'react'; emoji: string; op: 'add' | 'remove' };

/** A change that somebody asked for, until it was acknowledged or refused. Times are of `performance.now()`. */
export type Change = {
  conversationId: string;
  seq: number;
  userId: string;
  action: ChangeAction;
  begun: number;
  /** Infinity while it is under way. */
  ended: number;
  /** Frames that asked for it. Each may take effect, though its answer was lost. */
  attempts: number;
  outcome: 'pending' | 'acknowledged' | 'refused';
  /** The code of what refused it. */
  error: string | undefined;
};

/** An acknowledged change that came to nothing when its turn came, as its user was told. */
export type LateRefusal = { userId: string; messageId: string; action: string; code: string };

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
  /** In the order of asking. */
  changes: Change[];
  lateRefusals: LateRefusal[];
  /** By `seq`, the copies of changed messages in the order in which each client's application was told of them. */
  copies: ByMember<Map<number, Copy[]>>;
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
  messages: Stored[];
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

/** The same words for the same thing, wherever a message came from. Undefined where it has never changed. */
export function copyOf({ revision, content, deleted, editedAt, reactions = {} }: Message): Copy | undefined {
  if (revision === undefined) return undefined;
  const sorted = Object.entries(reactions).sort(([one], [other]) => (one < other ? -1 : 1));
  return { revision, content, deleted: deleted === true, editedAt, reactions: sorted };
}
