/** What the client says over the socket and hears there; held to `shared/protocol` by protocol.test.ts. */
import type { ConversationInfo, ErrorCode, Message } from './protocol.ts';

export type SendMessageFrame = {
  action: 'sendMessage';
  conversationId: string;
  messageId: string;
  content: string;
  replyTo?: number | undefined;
};
export type MarkReadFrame = { action: 'markRead'; conversationId: string; seq: number };
export type SyncFrame = {
  action: 'sync';
  conversations: { conversationId: string; afterSeq: number }[];
  limit: number;
};
export type HeartbeatFrame = { action: 'heartbeat' };

export type Acknowledgement = { type: 'ack'; action: string; requestId?: string | undefined };
export type SyncReply = {
  type: 'sync';
  requestId?: string | undefined;
  conversations: (
    | {
        conversationId: string;
        lastSeq: number;
        lastReadSeq: number;
        messages: Message[];
        hasMore: boolean;
      }
    | { conversationId: string; code: 'NOT_FOUND' }
  )[];
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
  requestId?: string | undefined;
  messageId?: string | undefined;
  retryAfterMs?: number | undefined;
};

export type ServerEvent =
  | { type: 'message'; messages: Message[] }
  | { type: 'messageChanged'; messages: Message[]; afterRevision: number; lastRevision: number }
  | { type: 'read'; conversationId: string; userId: string; seq: number }
  | { type: 'typing'; conversationId: string; userId: string; state: 'started' | 'stopped' }
  | {
      type: 'presence';
      users: { userId: string; status: 'online' | 'offline'; lastSeenAt: string | null }[];
    }
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
    : Acknowledgement;
export type ClientFrame = SendMessageFrame | MarkReadFrame | SyncFrame | HeartbeatFrame;
