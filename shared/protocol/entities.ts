/** What the server tells a client about: the nouns of the protocol. */
import * as v from 'valibot';
import {
  ConversationId,
  Count,
  DeviceName,
  DisplayName,
  MessageId,
  OnlineStatus,
  Revision,
  Role,
  Seq,
  SeqOrZero,
  SessionId,
  Timestamp,
  UserId,
  Username,
} from './values.ts';

export const MessageType = v.picklist(['text', 'system', 'image', 'file']);
export const ConversationType = v.picklist(['DM', 'GROUP']);

export const Message = v.object({
  conversationId: ConversationId,
  /** Dense from 1 within the conversation, allotted when the message is stored. */
  seq: Seq,
  /** The sender's idempotency key. */
  messageId: MessageId,
  senderId: UserId,
  type: MessageType,
  content: v.string(),
  /** When the message was stored; never decreases within a conversation, but only `seq` orders. */
  createdAt: Timestamp,
  replyTo: v.optional(Seq),
  editedAt: v.optional(Timestamp),
  /** Then `content` is empty. */
  deleted: v.optional(v.literal(true)),
  /** Of each emoji, who reacted with it, in the order in which they did. */
  reactions: v.optional(v.record(v.string(), v.array(UserId))),
  /** Of the last change to it; missing where there was none. Of two copies, the higher one is newer. */
  revision: v.optional(Revision),
});
export type Message = v.InferOutput<typeof Message>;

export const PublicProfile = v.object({ userId: UserId, username: Username, displayName: DisplayName });
export type PublicProfile = v.InferOutput<typeof PublicProfile>;

export const Profile = v.object({ ...PublicProfile.entries, createdAt: Timestamp });
export type Profile = v.InferOutput<typeof Profile>;

/** One sign-in of a user, as the user sees it. */
export const SessionInfo = v.object({
  sessionId: SessionId,
  /** What the device called itself when it signed in. */
  deviceName: v.nullable(DeviceName),
  createdAt: Timestamp,
  /** When a token of it was last issued, or something last heard of one of its sockets. */
  lastUsedAt: Timestamp,
  /** Whether it is that of the request. */
  current: v.boolean(),
});
export type SessionInfo = v.InferOutput<typeof SessionInfo>;

export const MessagePreview = v.object({ seq: Seq, senderId: UserId, text: v.string() });
export type MessagePreview = v.InferOutput<typeof MessagePreview>;

/** A conversation as one member sees it. */
export const Conversation = v.object({
  conversationId: ConversationId,
  type: ConversationType,
  title: v.nullable(v.string()),
  createdAt: Timestamp,
  createdBy: UserId,
  memberCount: Count,
  role: Role,
  lastSeq: SeqOrZero,
  lastReadSeq: SeqOrZero,
  /** `lastSeq − lastReadSeq`. */
  unreadCount: Count,
  lastActivityAt: Timestamp,
  lastMessagePreview: v.nullable(MessagePreview),
  mutedUntil: v.nullable(Timestamp),
  pinned: v.boolean(),
  /** The other member; for a `DM` only. */
  peer: v.optional(PublicProfile),
});
export type Conversation = v.InferOutput<typeof Conversation>;

export const Member = v.object({
  ...PublicProfile.entries,
  role: Role,
  joinedAt: Timestamp,
  lastReadSeq: SeqOrZero,
});
export type Member = v.InferOutput<typeof Member>;

export const UserPresence = v.object({
  userId: UserId,
  /** `online` while one of the user's devices is. */
  status: OnlineStatus,
  /** When something was last heard of any device; `null` where nothing is known. */
  lastSeenAt: v.nullable(Timestamp),
});
export type UserPresence = v.InferOutput<typeof UserPresence>;
