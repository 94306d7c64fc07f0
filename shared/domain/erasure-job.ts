import * as v from 'valibot';
import { UserId } from '../protocol/values.ts';

/**
 * A user who is to be erased. It names the user by id alone: what else there is to know, the tables say, as long as it is
 * there. A job outlives deployments, so a field added here must be optional.
 */
export const ErasureJob = v.object({ version: v.literal(1), userId: UserId });
export type ErasureJob = v.InferOutput<typeof ErasureJob>;
