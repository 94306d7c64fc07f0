import * as v from 'valibot';
import { ConversationId, ReactionOp, Seq, Timestamp, UserId } from '../protocol/values.ts';

/** What may happen to a message after it was stored. */
export const MessageChange = v.variant('type', [
  v.object({ type: v.literal('edit'), content: v.string() }),
  v.object({ type: v.literal('delete') }),
  v.object({ type: v.literal('react'), emoji: v.string(), op: ReactionOp }),
  /** The user's account is being erased: takes out of the message what they said in it. */
  v.object({ type: v.literal('erase') }),
]);
export type MessageChange = v.InferOutput<typeof MessageChange>;

/**
 * A change to a message between its `ack` and its `revision`: what a record of the stream holds, beside those of new
 * messages. A record outlives deployments, so a field added here must be optional.
 */
export const AcceptedChange = v.object({
  version: v.literal(1),
  kind: v.literal('change'),
  /** Drawn anew for each acceptance, and applied once: the same one seen again is a redelivery. */
  acceptId: v.string(),
  acceptedAt: Timestamp,
  conversationId: ConversationId,
  /** Of the message. */
  seq: Seq,
  /** Who changes it. */
  userId: UserId,
  change: MessageChange,
});
export type AcceptedChange = v.InferOutput<typeof AcceptedChange>;
