/** What the server sends over the socket: replies to an action, and events. */
import * as v from 'valibot';
import { Conversation, Message, UserPresence } from './entities.ts';
import { ErrorCodeName } from './errors.ts';
import {
  ConversationId,
  Count,
  MessageId,
  RequestId,
  Seq,
  SeqOrZero,
  Timestamp,
  TypingState,
  UserId,
} from './values.ts';

const requestId = v.optional(RequestId);

export const SendMessageAck = v.object({
  type: v.literal('ack'),
  action: v.literal('sendMessage'),
  requestId,
  messageId: MessageId,
  conversationId: ConversationId,
  acceptedAt: Timestamp,
});
export type SendMessageAck = v.InferOutput<typeof SendMessageAck>;

/** The change is durably queued; the `messageChanged` event that follows says that it is stored. */
export const ChangeAck = v.object({
  type: v.literal('ack'),
  action: v.picklist(['editMessage', 'deleteMessage', 'react']),
  requestId,
  conversationId: ConversationId,
  seq: Seq,
  acceptedAt: Timestamp,
});

export const MarkReadAck = v.object({
  type: v.literal('ack'),
  action: v.literal('markRead'),
  requestId,
  conversationId: ConversationId,
  lastReadSeq: SeqOrZero,
});

export const SyncedConversation = v.object({
  conversationId: ConversationId,
  lastSeq: SeqOrZero,
  lastReadSeq: SeqOrZero,
  lastRevision: SeqOrZero,
  messages: v.array(Message),
  /** By ascending `revision`; empty where no `afterRevision` was asked for. */
  changed: v.array(Message),
  /** More is stored than this reply holds: sync again from the last `seq` and the last `revision` of it. */
  hasMore: v.boolean(),
});
export type SyncedConversation = v.InferOutput<typeof SyncedConversation>;

export const UnknownConversation = v.object({ conversationId: ConversationId, code: v.literal('NOT_FOUND') });
export type UnknownConversation = v.InferOutput<typeof UnknownConversation>;

export const SyncReply = v.object({
  type: v.literal('sync'),
  requestId,
  conversations: v.array(v.union([SyncedConversation, UnknownConversation])),
});

export const PresenceReply = v.object({
  type: v.literal('presence'),
  requestId,
  users: v.array(UserPresence),
});

export const HeartbeatReply = v.object({
  type: v.literal('heartbeat'),
  requestId,
  serverTime: Timestamp,
  /** Newest activity in the caller's inbox; `null` where it is empty. */
  latestActivityAt: v.nullable(Timestamp),
});

export const ErrorEvent = v.object({
  type: v.literal('error'),
  code: ErrorCodeName,
  message: v.string(),
  action: v.optional(v.string()),
  requestId,
  messageId: v.optional(MessageId),
  retryAfterMs: v.optional(v.pipe(v.number(), v.integer())),
});
export type ErrorEvent = v.InferOutput<typeof ErrorEvent>;

/** One or more messages of one conversation, by ascending `seq`. */
export const MessageEvent = v.object({
  type: v.literal('message'),
  messages: v.pipe(v.array(Message), v.minLength(1)),
});

/**
 * Changed messages of one conversation, as they are now, by ascending `revision`: all that changed after `afterRevision` and up
 * to `lastRevision`, but for what has changed again since. A client that has all changes up to `afterRevision` now has all up
 * to `lastRevision`; one that lacks some asks for them with `sync`.
 */
export const MessageChangedEvent = v.object({
  type: v.literal('messageChanged'),
  messages: v.pipe(v.array(Message), v.minLength(1)),
  afterRevision: SeqOrZero,
  lastRevision: SeqOrZero,
});

export const ReadEvent = v.object({
  type: v.literal('read'),
  conversationId: ConversationId,
  userId: UserId,
  seq: Seq,
});

export const TypingEvent = v.object({
  type: v.literal('typing'),
  conversationId: ConversationId,
  userId: UserId,
  state: TypingState,
});

/** As they are now: what was told of them before no longer counts. */
export const PresenceEvent = v.object({
  type: v.literal('presence'),
  users: v.pipe(v.array(UserPresence), v.minLength(1)),
});

export const ConversationEvent = v.object({ type: v.literal('conversation'), conversation: Conversation });

export const ConversationChangedEvent = v.object({
  type: v.literal('conversationChanged'),
  conversationId: ConversationId,
  title: v.nullable(v.string()),
  memberCount: Count,
});

export const ConversationRemovedEvent = v.object({
  type: v.literal('conversationRemoved'),
  conversationId: ConversationId,
});

export const replies = {
  SendMessageAck,
  ChangeAck,
  MarkReadAck,
  SyncReply,
  PresenceReply,
  HeartbeatReply,
  ErrorEvent,
} as const;

export const ServerEvent = v.variant('type', [
  MessageEvent,
  MessageChangedEvent,
  ReadEvent,
  TypingEvent,
  PresenceEvent,
  ConversationEvent,
  ConversationChangedEvent,
  ConversationRemovedEvent,
  ErrorEvent,
]);
export type ServerEvent = v.InferOutput<typeof ServerEvent>;
