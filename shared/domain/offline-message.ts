import * as v from 'valibot';
import { ConversationId, MessageId, Seq, Timestamp, UserId } from '../protocol/values.ts';

/** What EventBridge rules select by: `{"source": ["parley"], "detail-type": ["MessageForOfflineMember"]}`. */
export const offlineMessageEvent = { source: 'parley', detailType: 'MessageForOfflineMember' } as const;

/**
 * A message was stored while some members had no connection. It holds no content, for events are archived and logged by whoever
 * takes them: they read the message, if they may. It can come twice; `conversationId` and `seq` name the message.
 */
export const OfflineMessage = v.object({
  version: v.literal(1),
  conversationId: ConversationId,
  seq: Seq,
  messageId: MessageId,
  senderId: UserId,
  createdAt: Timestamp,
  /** Who has no connection. The sender is never among them. */
  memberIds: v.pipe(v.array(UserId), v.minLength(1)),
});
export type OfflineMessage = v.InferOutput<typeof OfflineMessage>;
