import * as v from 'valibot';
import { MessageType } from '../protocol/entities.ts';
import { ConversationId, MessageId, Seq, Timestamp, UserId } from '../protocol/values.ts';

/**
 * A message between its `ack` and its `seq`: what a record of the stream holds. A record outlives deployments,
 * so a field added here must be optional.
 */
export const AcceptedMessage = v.object({
  version: v.literal(1),
  /** Drawn anew for each acceptance. The same one seen again is a redelivery; another one is a client's retry. */
  acceptId: v.string(),
  acceptedAt: Timestamp,
  conversationId: ConversationId,
  senderId: UserId,
  messageId: MessageId,
  type: MessageType,
  content: v.string(),
  replyTo: v.optional(Seq),
});
export type AcceptedMessage = v.InferOutput<typeof AcceptedMessage>;
