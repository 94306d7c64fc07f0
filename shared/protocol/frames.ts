/** What a client sends over the socket: one schema per action. Unknown fields are refused. */
import * as v from 'valibot';
import { limits } from './limits.ts';
import {
  Content,
  ConversationId,
  Emoji,
  isOneForAllOrEach,
  MessageId,
  oneForAllOrEach,
  PageLimit,
  ReactionOp,
  RequestId,
  Seq,
  SeqOrZero,
  SharedConversationIds,
  TypingState,
  UserIds,
} from './values.ts';

/** Attachments come with a later version; `system` messages are the server's own. */
export const ClientMessageType = v.picklist(['text'], 'must be "text"');

const requestId = v.optional(RequestId);

export const SendMessageFrame = v.strictObject({
  action: v.literal('sendMessage'),
  requestId,
  conversationId: ConversationId,
  messageId: MessageId,
  content: Content,
  type: v.optional(ClientMessageType),
  replyTo: v.optional(Seq),
});

export const EditMessageFrame = v.strictObject({
  action: v.literal('editMessage'),
  requestId,
  conversationId: ConversationId,
  seq: Seq,
  content: Content,
});

export const DeleteMessageFrame = v.strictObject({
  action: v.literal('deleteMessage'),
  requestId,
  conversationId: ConversationId,
  seq: Seq,
});

export const ReactFrame = v.strictObject({
  action: v.literal('react'),
  requestId,
  conversationId: ConversationId,
  seq: Seq,
  emoji: Emoji,
  op: ReactionOp,
});

export const MarkReadFrame = v.strictObject({
  action: v.literal('markRead'),
  requestId,
  conversationId: ConversationId,
  seq: SeqOrZero,
});

export const TypingFrame = v.strictObject({
  action: v.literal('typing'),
  requestId,
  conversationId: ConversationId,
  state: TypingState,
});

export const SyncFrame = v.strictObject({
  action: v.literal('sync'),
  requestId,
  conversations: v.pipe(
    v.array(
      v.strictObject({
        conversationId: ConversationId,
        afterSeq: SeqOrZero,
        afterRevision: v.optional(SeqOrZero),
      }),
    ),
    v.minLength(1, 'must name at least 1 conversation'),
    v.maxLength(limits.syncConversations, `must name at most ${limits.syncConversations} conversations`),
    v.check(
      (items) => new Set(items.map((item) => item.conversationId)).size === items.length,
      'must name each conversation once',
    ),
  ),
  limit: v.optional(PageLimit),
});
export type SyncFrame = v.InferOutput<typeof SyncFrame>;

export const PresenceFrame = v.pipe(
  v.strictObject({
    action: v.literal('presence'),
    requestId,
    userIds: UserIds,
    conversationIds: v.optional(SharedConversationIds),
  }),
  v.check(({ userIds, conversationIds }) => isOneForAllOrEach(conversationIds, userIds), oneForAllOrEach),
);

export const HeartbeatFrame = v.strictObject({ action: v.literal('heartbeat'), requestId });

export const frames = {
  sendMessage: SendMessageFrame,
  editMessage: EditMessageFrame,
  deleteMessage: DeleteMessageFrame,
  react: ReactFrame,
  markRead: MarkReadFrame,
  typing: TypingFrame,
  sync: SyncFrame,
  presence: PresenceFrame,
  heartbeat: HeartbeatFrame,
} as const;

export type ActionName = keyof typeof frames;
