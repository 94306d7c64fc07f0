import pMap from 'p-map';
import * as v from 'valibot';
import { FanOutJob, mergedRanges, type Range } from '../../shared/domain/fan-out-job.ts';
import { bucketIdOf } from '../../shared/domain/large-groups.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import { connectionLifetimeMs } from '../../shared/domain/sessions.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { type ConnectionGateway, isThrottled } from '../stores/connection-gateway.ts';
import type { EndedMembershipStore } from '../stores/ended-membership-store.ts';
import type { FanOutQueue } from '../stores/fan-out-queue.ts';
import type { MessageStore } from '../stores/message-store.ts';
import { pause } from '../stores/pause.ts';
import type { ConnectionRegistry } from '../stores/presence-store.ts';
import type { Subscription, SubscriptionStore } from '../stores/subscription-store.ts';
import type { ChangedMessages } from './changed-messages.ts';
import type { Hop } from './hop.ts';
import { changeEvents, messageEvents } from './message-events.ts';
import { isYoung } from './push.ts';
import type { Report } from './report.ts';

/** Buckets of one batch that are worked on at once, and posts under way at once for each: together as many as `Push` has. */
const concurrency = { buckets: 2, posts: 25 };
const messagesPerPage = 100;
/** What one batch may take in all, the waits for a throttled API included: the function has 30 s. */
const budgetMs = 20_000;
/** How long the other connections of a bucket wait for one that is refused while others are served. */
const slowClientMs = 1_000;
/** Before a job that failed is tried again; what waits behind it in its bucket waits too. */
const longestRetrySeconds = 30;

export type QueuedJob = {
  messageId: string;
  receiptHandle: string;
  /** How often it has been given out, this time included. */
  receiveCount: number;
  body: string;
};

class OutOfTime extends Error {}
class ClientDoesNotRead extends Error {
  override message = 'The client does not read what it is sent';
}

/** When a post to any connection of the bucket last got through; 0 where none has. */
type Progress = { postedAt: number };

type Bucket = {
  conversationId: string;
  bucket: number;
  seqs: Range[];
  revisions: Range[];
  jobs: QueuedJob[];
  /** When the oldest of the messages was accepted; `Infinity` where no job says. */
  acceptedAt: number;
};

/**
 * Pushes what was stored to the connections of large groups, bucket by bucket. As with `Push`, a post that fails is
 * reported and forgotten, for the client repairs the gap; only what could not be read is tried again.
 */
export class FanOut {
  readonly #subscriptions: SubscriptionStore;
  readonly #ended: EndedMembershipStore;
  readonly #messages: MessageStore;
  readonly #changed: ChangedMessages;
  readonly #gateway: ConnectionGateway;
  readonly #presence: ConnectionRegistry;
  readonly #queue: FanOutQueue;
  readonly #report: Report;
  readonly #count: Count;
  readonly #hop: Hop;
  readonly #clock: () => number;

  constructor(parts: {
    subscriptions: SubscriptionStore;
    ended: EndedMembershipStore;
    messages: MessageStore;
    changed: ChangedMessages;
    gateway: ConnectionGateway;
    presence: ConnectionRegistry;
    queue: FanOutQueue;
    report: Report;
    count: Count;
    hop: Hop;
    clock?: () => number;
  }) {
    this.#subscriptions = parts.subscriptions;
    this.#ended = parts.ended;
    this.#messages = parts.messages;
    this.#changed = parts.changed;
    this.#gateway = parts.gateway;
    this.#presence = parts.presence;
    this.#queue = parts.queue;
    this.#report = parts.report;
    this.#count = parts.count;
    this.#hop = parts.hop;
    this.#clock = parts.clock ?? Date.now;
  }

  /** Answers the jobs that are to come again: with one of a bucket always all of it, so that its order holds. */
  async fanOut(queued: QueuedJob[]): Promise<QueuedJob[]> {
    const { buckets, unreadable } = byBucket(queued);
    const deadline = this.#clock() + budgetMs;
    const failed = await pMap(buckets, (bucket) => this.#carryOut(bucket, deadline), {
      concurrency: concurrency.buckets,
    });
    for (const job of unreadable) this.#report('not a fan-out job', { messageId: job.messageId });
    // No waiting will make these readable: the queue gives them up the sooner.
    await this.#retry(unreadable, () => 0);
    await this.#retry(failed.flat(), ({ receiveCount }) =>
      Math.min(longestRetrySeconds, 2 ** (receiveCount - 1)),
    );
    return [...unreadable, ...failed.flat()];
  }

  async #carryOut(bucket: Bucket, deadline: number): Promise<QueuedJob[]> {
    try {
      if (this.#clock() > deadline) throw new Error('There was no time left for this bucket');
      await this.#push(bucket, deadline);
      return [];
    } catch (error) {
      const { conversationId, jobs } = bucket;
      this.#report('fan-out failed', { conversationId, bucket: bucket.bucket, jobs: jobs.length }, error);
      return jobs;
    }
  }

  async #push(wanted: Bucket, deadline: number): Promise<void> {
    const { conversationId, bucket } = wanted;
    const oldest = this.#clock() - connectionLifetimeMs;
    const [subscriptions, hasEnded] = await Promise.all([
      this.#subscriptions.inBucket(conversationId, bucket),
      this.#ended.endedIn(conversationId),
    ]);
    const progress: Progress = { postedAt: 0 };
    let reachable = subscriptions.filter((one) => one.connectedAt > oldest && !hasEnded(one));
    this.#count('FanoutConnections', reachable.length);
    for await (const events of this.#eventsOf(wanted)) {
      if (reachable.length === 0) return;
      const frames = events.map((event) => JSON.stringify(event));
      // Only of new messages is it known when they were accepted.
      const told = events[0]?.type === 'message' ? wanted : { ...wanted, seqs: [], acceptedAt: Infinity };
      const reached = await pMap(
        reachable,
        async (subscription) => this.#post(told, subscription, frames, deadline, progress),
        { concurrency: concurrency.posts },
      );
      reachable = reachable.filter((_, index) => reached[index]);
    }
    if (this.#clock() > deadline) this.#report('no time to push to all', { conversationId, bucket });
  }

  /** Page by page: new messages, and then what has changed. */
  async *#eventsOf({ conversationId, seqs, revisions }: Bucket): AsyncGenerator<ServerEvent[]> {
    for (const { from, to } of seqs) {
      for (let after = from - 1; after < to; ) {
        const count = Math.min(messagesPerPage, to - after);
        const { messages } = await this.#messages.after(conversationId, after, count);
        const last = messages.at(-1);
        if (last === undefined) throw new Error(`Message ${after + 1} is not stored`);
        after = last.seq;
        yield messageEvents(messages);
      }
    }
    for (const { from, to } of revisions) {
      for (let after = from - 1; after < to; ) {
        // Beyond `to` as well: what has changed again since stands there, and without it nobody would know it to be all.
        const { messages } = await this.#changed.after(conversationId, after, messagesPerPage);
        const lastRevision = messages.at(-1)?.revision;
        if (lastRevision === undefined) break;
        yield changeEvents({ messages, afterRevision: after, lastRevision });
        after = lastRevision;
      }
    }
  }

  /** One frame after another, so that a connection receives them in order. `false`: nothing more is to be tried. */
  async #post(
    { conversationId, seqs, acceptedAt }: Bucket,
    subscription: Subscription,
    frames: string[],
    deadline: number,
    progress: Progress,
  ): Promise<boolean> {
    const { userId, connectionId } = subscription;
    try {
      for (const frame of frames) {
        if ((await this.#postWhenAllowed(connectionId, frame, deadline, progress)) === 'posted') {
          const toSeq = seqs.at(-1)?.to;
          this.#hop('pushed', { connectionId, conversationId, ...(toSeq !== undefined && { toSeq }) });
          if (acceptedAt !== Infinity) this.#count('PushLatency', Math.max(0, this.#clock() - acceptedAt));
          continue;
        }
        this.#count('GoneConnections');
        if (isYoung(subscription, this.#clock())) return false;
        await this.#subscriptions.remove(conversationId, connectionId);
        await this.#presence.remove({ userId, connectionId });
        return false;
      }
      return true;
    } catch (error) {
      this.#count('PushFailures');
      // Of those for whom the time ran out there may be hundreds: they are reported together.
      if (!(error instanceof OutOfTime)) this.#report('push failed', { connectionId }, error);
      return false;
    }
  }

  /**
   * API Gateway refuses alike where the account's request rate is used up, which passes, and where a client does not read
   * what it is sent. While others get through it is the client, for which they must not wait.
   */
  async #postWhenAllowed(
    connectionId: string,
    frame: string,
    deadline: number,
    progress: Progress,
  ): Promise<'posted' | 'gone'> {
    const begun = this.#clock();
    for (let attempt = 1; ; attempt += 1) {
      if (this.#clock() > deadline) throw new OutOfTime();
      try {
        const outcome = await this.#gateway.post(connectionId, frame);
        progress.postedAt = this.#clock();
        return outcome;
      } catch (error) {
        if (!isThrottled(error)) throw error;
        const othersAreServed = progress.postedAt > begun - slowClientMs;
        if (othersAreServed && this.#clock() - begun > slowClientMs) throw new ClientDoesNotRead();
        await pause(attempt);
      }
    }
  }

  async #retry(jobs: QueuedJob[], secondsOf: (job: QueuedJob) => number): Promise<void> {
    for (const job of jobs) {
      try {
        await this.#queue.retryIn(job.receiptHandle, secondsOf(job));
      } catch (error) {
        // It comes again later, after the queue's visibility timeout.
        this.#report('a fan-out job could not be hastened', { messageId: job.messageId }, error);
      }
    }
  }
}

/** All that waits for one bucket is one list of ranges. */
function byBucket(queued: QueuedJob[]): { buckets: Bucket[]; unreadable: QueuedJob[] } {
  const buckets = new Map<string, Bucket>();
  const unreadable: QueuedJob[] = [];
  for (const job of queued) {
    const parsed = v.safeParse(FanOutJob, jsonIn(job.body));
    if (!parsed.success) {
      unreadable.push(job);
      continue;
    }
    const { conversationId, bucket } = parsed.output;
    const key = bucketIdOf(conversationId, bucket);
    const known = buckets.get(key) ?? {
      conversationId,
      bucket,
      seqs: [],
      revisions: [],
      jobs: [],
      acceptedAt: Infinity,
    };
    addSubject(known, parsed.output);
    known.jobs.push(job);
    buckets.set(key, known);
  }
  return { buckets: [...buckets.values()], unreadable };
}

function addSubject(bucket: Bucket, job: FanOutJob): void {
  if ('fromSeq' in job) {
    bucket.seqs = mergedRanges([...bucket.seqs, { from: job.fromSeq, to: job.toSeq }]);
    bucket.acceptedAt = Math.min(bucket.acceptedAt, job.acceptedAt ?? Infinity);
  } else {
    bucket.revisions = mergedRanges([...bucket.revisions, { from: job.fromRevision, to: job.toRevision }]);
  }
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // Which is no job either.
  }
}
