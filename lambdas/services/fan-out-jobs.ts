import pMap from 'p-map';
import { type FanOutJob, mergedRanges, rangesOf } from '../../shared/domain/fan-out-job.ts';
import { bucketIdOf, subscriptionBuckets } from '../../shared/domain/large-groups.ts';
import type { FanOutQueue } from '../stores/fan-out-queue.ts';
import type { SubscriptionStore } from '../stores/subscription-store.ts';
import type { ChangeSet } from './persist-changes.ts';

/** How long a bucket counts as in use after it was. Longer costs jobs that find nobody, shorter costs reads. */
const inUseMs = 60_000;
const rememberedBuckets = 16_000;

type Subject =
  | { fromSeq: number; toSeq: number; acceptedAt: number }
  | { fromRevision: number; toRevision: number };

/** Hands what was stored in large groups over to fan-out: as many jobs as there are slices with a connection in them. */
export class FanOutJobs {
  readonly #subscriptions: SubscriptionStore;
  readonly #queue: FanOutQueue;
  readonly #clock: () => number;
  /** Buckets that held a connection, and until when that is believed. That one was empty is never remembered. */
  readonly #inUse = new Map<string, number>();

  constructor(subscriptions: SubscriptionStore, queue: FanOutQueue, clock: () => number = Date.now) {
    this.#subscriptions = subscriptions;
    this.#queue = queue;
    this.#clock = clock;
  }

  /** Resolves once all jobs are durable. Doing it again for the same messages does no harm. */
  async queueMessages(conversationId: string, seqs: readonly number[], acceptedAt: number): Promise<void> {
    const subjects = rangesOf(seqs).map(({ from, to }) => ({ fromSeq: from, toSeq: to, acceptedAt }));
    await this.#queueAll(conversationId, subjects);
  }

  /** The same for changed messages. */
  async queueChanges(conversationId: string, changes: readonly ChangeSet[]): Promise<void> {
    const ranges = changes.map(({ afterRevision, lastRevision }) => ({
      from: afterRevision + 1,
      to: lastRevision,
    }));
    const subjects = mergedRanges(ranges).map(({ from, to }) => ({ fromRevision: from, toRevision: to }));
    await this.#queueAll(conversationId, subjects);
  }

  async #queueAll(conversationId: string, subjects: Subject[]): Promise<void> {
    if (subjects.length === 0) return;
    const buckets = Array.from({ length: subscriptionBuckets }, (_, bucket) => bucket);
    const used = await pMap(buckets, (bucket) => this.#isInUse(conversationId, bucket));
    const jobs = buckets
      .filter((bucket) => used[bucket])
      .flatMap((bucket) =>
        subjects.map((subject): FanOutJob => ({ version: 1, conversationId, bucket, ...subject })),
      );
    await this.#queue.put(jobs);
  }

  async #isInUse(conversationId: string, bucket: number): Promise<boolean> {
    const key = bucketIdOf(conversationId, bucket);
    const believedUntil = this.#inUse.get(key);
    if (believedUntil !== undefined && believedUntil > this.#clock()) return true;
    this.#inUse.delete(key);
    if (await this.#subscriptions.isEmpty(conversationId, bucket)) return false;
    this.#inUse.set(key, this.#clock() + inUseMs);
    // A Map keeps the order of insertion.
    const [oldest] = this.#inUse.keys();
    if (oldest !== undefined && this.#inUse.size > rememberedBuckets) this.#inUse.delete(oldest);
    return true;
  }
}
