import * as v from 'valibot';
import { ConversationId, Seq } from '../protocol/values.ts';
import { subscriptionBuckets } from './large-groups.ts';

/**
 * Stored messages that one slice of a large group's connections is to receive. It holds no content: whoever can read the
 * queue learns nothing that was said. A job outlives deployments, so a field added here must be optional.
 */
export const FanOutJob = v.object({
  version: v.literal(1),
  conversationId: ConversationId,
  bucket: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(subscriptionBuckets - 1)),
  fromSeq: Seq,
  toSeq: Seq,
  /** When the oldest of them was accepted, in ms since 1970: the latency of their pushes is measured from there. */
  acceptedAt: v.exactOptional(v.number()),
});
export type FanOutJob = v.InferOutput<typeof FanOutJob>;

export type SeqRange = { fromSeq: number; toSeq: number };

/** The fewest ranges that hold exactly these numbers, ascending. */
export function rangesOf(seqs: Iterable<number>): SeqRange[] {
  return mergedRanges(Array.from(seqs, (seq) => ({ fromSeq: seq, toSeq: seq })));
}

/** The same numbers in the fewest ranges, ascending. */
export function mergedRanges(ranges: readonly SeqRange[]): SeqRange[] {
  const merged: SeqRange[] = [];
  for (const { fromSeq, toSeq } of [...ranges].sort((one, other) => one.fromSeq - other.fromSeq)) {
    const last = merged.at(-1);
    if (last !== undefined && fromSeq <= last.toSeq + 1) last.toSeq = Math.max(last.toSeq, toSeq);
    else merged.push({ fromSeq, toSeq });
  }
  return merged;
}
