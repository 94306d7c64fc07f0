import * as v from 'valibot';
import { SessionId, UserId } from '../protocol/values.ts';

/**
 * A user of whom sessions were ended, and whose connections are to be looked at once more. It travels in the queue of erasure
 * jobs, and has no `version`, without which no function of any deployment takes it for one of those.
 */
export const ClosingJob = v.object({
  kind: v.literal('closeEnded'),
  userId: UserId,
  /** Missing where all were ended. */
  sessionId: v.optional(SessionId),
});
export type ClosingJob = v.InferOutput<typeof ClosingJob>;
