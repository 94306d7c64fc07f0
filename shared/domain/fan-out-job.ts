import * as v from 'valibot';
import { ConversationId, Revision, Seq } from '../protocol/values.ts';
import { subscriptionBuckets } from './large-groups.ts';

const slice = {
  version: v.literal(1),
  conversationId: ConversationId,
  bucket: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(subscriptionBuckets - 1)),
};

const NewMessages = v.object({
  ...slice,
  fromSeq: Seq,
  toSeq: Seq,
  /** When the oldest of them was accepted, in ms since 1970: the latency of their pushes is measured from there. */
  acceptedAt: v.exactOptional(v.number()),
});

const ChangedMessages = v.object({ ...slice, fromRevision: Revision, toRevision: Revision });

/**
 * What one slice of a large group's connections is to receive. It holds no content: whoever can read the queue learns
 * nothing that was said. A job outlives deployments, so a field added here must be optional.
 */
export const FanOutJob = v.union([NewMessages, ChangedMessages]);
export type FanOutJob = v.InferOutput<typeof FanOutJob>;

/** What a job is about, for people. */
export function subjectOf(job: FanOutJob): string {
  return 'fromSeq' in job
    ? `messages ${job.fromSeq} to ${job.toSeq}`
    : `changes ${job.fromRevision} to ${job.toRevision}`;
}

/** Whole numbers, both ends included. */
export type Range = { from: number; to: number };

/** The fewest ranges that hold exactly these numbers, ascending. */
export function rangesOf(numbers: Iterable<number>): Range[] {
  return mergedRanges(Array.from(numbers, (number) => ({ from: number, to: number })));
}

/** The same numbers in the fewest ranges, ascending. */
export function mergedRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const { from, to } of [...ranges].sort((one, other) => one.from - other.from)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}
