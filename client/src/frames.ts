/** What the client says over the socket and hears there; held to `shared/protocol` by protocol.test.ts. */
import type { ConversationInfo, ErrorCode, Message, UserPresence } from './protocol.ts';

export type SendMessageFrame = {
  action: 'sendMessage';
  conversationId: string;
  messageId: string;
  content: string;
  replyTo?: number | undefined;
};
export type MessageChange =
  | { action: 'editMessage'; seq: number; content: string }
  | { action: 'deleteMessage'; seq: number }
  | { action: 'react'; seq: number; emoji: string; op: 'add' | 'remove' };

export function isChange(action: string | undefined): action is MessageChange['action'] {
  return action === 'editMessage' || action === 'deleteMessage' || action === 'react';
}
export type ChangeFrame = MessageChange & { conversationId: string };
export type MarkReadFrame = { action: 'markRead'; conversationId: string; seq: number };
/** What of a conversation is asked for: without `afterRevision` no changes to older messages. */
export type Wanted = { conversationId: string; afterSeq: number; afterRevision?: number | undefined };
export type SyncFrame = { action: 'sync'; conversations: Wanted[]; limit: number };
export type PresenceFrame = { action: 'presence'; userIds: string[]; conversationIds?: string[] | undefined };
export type HeartbeatFrame = { action: 'heartbeat' };
/** The only one without a reply. */
export type TypingFrame = { action: 'typing'; conversationId: string; state: 'started' | 'stopped' };

export type Acknowledgement = { type: 'ack'; action: string; requestId?: string | undefined };
export type Synced = {
  conversationId: string;
  lastSeq: number;
  lastReadSeq: number;
  lastRevision: number;
  messages: Message[];
  changed: Message[];
  hasMore: boolean;
};
export type SyncReply = {
  type: 'sync';
  requestId?: string | undefined;
  conversations: (Synced | { conversationId: string; code: 'NOT_FOUND' })[];
};
export type HeartbeatReply = {
  type: 'heartbeat';
  requestId?: string | undefined;
  latestActivityAt: string | null;
};
export type ErrorFrame = {
  type: 'error';
  code: ErrorCode;
  message: string;
  action?: string | undefined;
  requestId?: string | undefined;
  messageId?: string | undefined;
  retryAfterMs?: number | undefined;
};

export type TypingEvent = {
  type: 'typing';
  conversationId: string;
  userId: string;
  state: 'started' | 'stopped';
};
/** A reply, and an event. */
export type PresenceReport = { type: 'presence'; requestId?: string | undefined; users: UserPresence[] };

export type ServerEvent =
  | { type: 'message'; messages: Message[] }
  | { type: 'messageChanged'; messages: Message[]; afterRevision: number; lastRevision: number }
  | { type: 'read'; conversationId: string; userId: string; seq: number }
  | TypingEvent
  | PresenceReport
  | { type: 'conversation'; conversation: ConversationInfo }
  | { type: 'conversationChanged'; conversationId: string; title: string | null; memberCount: number }
  | { type: 'conversationRemoved'; conversationId: string }
  | ErrorFrame;

export type ServerFrame = ServerEvent | Acknowledgement | SyncReply | HeartbeatReply;

/** Which frame gets which reply. */
export type ReplyTo<Frame> = Frame extends SyncFrame
  ? SyncReply
  : Frame extends HeartbeatFrame
    ? HeartbeatReply
    : Frame extends PresenceFrame
      ? PresenceReport
      : Acknowledgement;
export type ClientFrame =
  | SendMessageFrame
  | ChangeFrame
  | MarkReadFrame
  | SyncFrame
  | PresenceFrame
  | HeartbeatFrame;
