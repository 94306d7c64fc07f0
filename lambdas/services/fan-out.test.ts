import { beforeEach, describe, expect, test } from 'vitest';
import type { MetricName } from '../../shared/domain/metrics.ts';
import { connectionLifetimeMs } from '../../shared/domain/sessions.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { EndedMembershipStore } from '../stores/ended-membership-store.ts';
import type { FanOutQueue } from '../stores/fan-out-queue.ts';
import type { MessageStore } from '../stores/message-store.ts';
import type { ConnectionRegistry } from '../stores/presence-store.ts';
import type { Subscription, SubscriptionStore } from '../stores/subscription-store.ts';
import type { ChangedMessages } from './changed-messages.ts';
import { FanOut, type QueuedJob } from './fan-out.ts';

/** One bucket of one group, in memory: its connections, the messages that are stored, and what a test makes of each call. */
let now: number;
let subscriptions: Subscription[];
let ended: Set<string>;
let stored: Message[];
let reads: string[];
let posted: string[];
let forgotten: string[];
let retries: [string, number][];
let counted: [MetricName, number][];
let reported: string[];
let hops: unknown[];
let onPost: (connectionId: string) => Promise<'posted' | 'gone'>;
let onRead: () => void;
let onRetry: () => void;

beforeEach(() => {
  now = 1_000_000_000;
  [subscriptions, stored, reads, posted] = [[], [], [], []];
  [forgotten, retries, counted, reported, hops] = [[], [], [], [], []];
  ended = new Set();
  onPost = async () => 'posted';
  onRead = () => {};
  onRetry = () => {};
});

function newFanOut(): FanOut {
  const after = (from: number, count: number, by: 'seq' | 'revision') => {
    onRead();
    reads.push(`${by} after ${from}, ${count}`);
    return { messages: stored.filter((one) => (one[by] ?? 0) > from).slice(0, count), more: false };
  };
  const parts = {
    subscriptions: {
      inBucket: async () => subscriptions,
      remove: async (conversationId: string, id: string) => forgotten.push(`${conversationId} ${id}`),
    },
    ended: {
      endedIn:
        async () =>
        ({ connectionId }: Subscription) =>
          ended.has(connectionId),
    },
    messages: { after: async (_: string, from: number, count: number) => after(from, count, 'seq') },
    changed: { after: async (_: string, from: number, count: number) => after(from, count, 'revision') },
    gateway: {
      post: async (connectionId: string, frame: string) => {
        const outcome = await onPost(connectionId);
        if (outcome === 'gone') return outcome;
        const event: ServerEvent = JSON.parse(frame);
        const seqs = 'messages' in event ? event.messages.map(({ seq }) => seq) : [];
        posted.push(`${connectionId} ${event.type} ${seqs.join(' ')}`);
        return outcome;
      },
    },
    presence: {
      remove: async ({ userId, connectionId }: Subscription) => forgotten.push(`${userId} ${connectionId}`),
    },
    queue: {
      retryIn: async (receiptHandle: string, seconds: number) => {
        onRetry();
        retries.push([receiptHandle, seconds]);
      },
    },
  };
  return new FanOut({
    // All that it uses of each.
    subscriptions: parts.subscriptions as unknown as SubscriptionStore,
    ended: parts.ended as unknown as EndedMembershipStore,
    messages: parts.messages as unknown as MessageStore,
    changed: parts.changed as unknown as ChangedMessages,
    gateway: parts.gateway as unknown as ConnectionGateway,
    presence: parts.presence as unknown as ConnectionRegistry,
    queue: parts.queue as unknown as FanOutQueue,
    report: (what) => reported.push(what),
    count: (metric, value = 1) => counted.push([metric, value]),
    hop: (step, ids) => hops.push({ step, ...ids }),
    clock: () => now,
  });
}

function subscribe(connectionId: string, age = 60_000): void {
  const joinedAt = '2026-11-24T10:00:00.000Z';
  const userId = `usr_${connectionId}`;
  subscriptions.push({ userId, connectionId, connectedAt: now - age, joinedAt, authEpoch: 1 });
}

function store(count: number): void {
  stored = Array.from({ length: count }, (_, index) => ({
    conversationId: 'cnv_1',
    seq: index + 1,
    messageId: `m${index + 1}`,
    senderId: 'usr_a',
    type: 'text' as const,
    content: 'hello',
    createdAt: '2026-11-24T10:00:00.000Z',
    revision: index + 1,
  }));
}

function job(subject: object, fields: Partial<QueuedJob> & { bucket?: number } = {}): QueuedJob {
  const { bucket = 3, ...rest } = fields;
  const body = JSON.stringify({ version: 1, conversationId: 'cnv_1', bucket, ...subject });
  return { messageId: 'job', receiptHandle: 'receipt', receiveCount: 1, body, ...rest };
}
const countOf = (metric: MetricName) => counted.filter(([name]) => name === metric).map(([, value]) => value);

test('each connection of the bucket gets the messages, and its latency is that of the oldest', async () => {
  store(2);
  subscribe('phone');
  subscribe('laptop');
  const jobs = [
    job({ fromSeq: 2, toSeq: 2, acceptedAt: now - 50 }),
    job({ fromSeq: 1, toSeq: 1, acceptedAt: now - 90 }),
    job({ fromSeq: 2, toSeq: 2 }),
  ];
  expect(await newFanOut().fanOut(jobs)).toEqual([]);
  expect(posted.sort()).toEqual(['laptop message 1 2', 'phone message 1 2']);
  expect(countOf('FanoutConnections')).toEqual([2]);
  expect(countOf('PushLatency')).toEqual([90, 90]);
  const pushed = { step: 'pushed', conversationId: 'cnv_1', toSeq: 2 };
  expect(hops).toContainEqual({ ...pushed, connectionId: 'phone' });
  expect([reported, retries]).toEqual([[], []]);
});

test('no latency is measured where nobody knows the acceptance, nor is one negative', async () => {
  store(1);
  subscribe('phone');
  await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 1 })]);
  expect(countOf('PushLatency')).toEqual([]);
  await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 1, acceptedAt: now + 5 })]);
  expect(countOf('PushLatency')).toEqual([0]);
});

test('who has left, and a connection that is too old to be open, get nothing', async () => {
  store(1);
  subscribe('old', connectionLifetimeMs);
  subscribe('last', connectionLifetimeMs - 1);
  subscribe('left');
  ended.add('left');
  await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 1 })]);
  expect(posted).toEqual(['last message 1']);
  expect(countOf('FanoutConnections')).toEqual([1]);
});

test('many messages are read page by page, and not at all for nobody', async () => {
  store(250);
  subscribe('phone');
  await newFanOut().fanOut([job({ fromSeq: 11, toSeq: 240 })]);
  expect(reads).toEqual(['seq after 10, 100', 'seq after 110, 100', 'seq after 210, 30']);
  expect(posted).toHaveLength(3);
  subscriptions = [];
  reads = [];
  await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 240 })]);
  expect(reads).toHaveLength(1);
});

test('changes come after messages, up to the last that there is, without a latency', async () => {
  store(3);
  subscribe('phone');
  const jobs = [
    job({ fromRevision: 2, toRevision: 9 }),
    job({ fromSeq: 1, toSeq: 1, acceptedAt: now - 50 }),
    job({ fromRevision: 1, toRevision: 2 }),
  ];
  expect(await newFanOut().fanOut(jobs)).toEqual([]);
  expect(posted).toEqual(['phone message 1', 'phone messageChanged 1 2 3']);
  expect(reads).toEqual(['seq after 0, 1', 'revision after 0, 100', 'revision after 3, 100']);
  expect(countOf('PushLatency')).toEqual([50]);
  expect(hops.at(-1)).toEqual({ step: 'pushed', connectionId: 'phone', conversationId: 'cnv_1' });
});

describe('a post', () => {
  beforeEach(() => store(150));

  test('to a connection that is gone is the last to it, and both its rows are removed', async () => {
    subscribe('phone');
    subscribe('young', 5_000);
    let posts = 0;
    onPost = async () => {
      posts += 1;
      return 'gone';
    };
    await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 150 })]);
    expect(posts).toBe(2);
    expect(forgotten).toEqual(['cnv_1 phone', 'usr_phone phone']);
    expect(countOf('GoneConnections')).toEqual([1, 1]);
    expect(hops).toEqual([]);
  });

  test('that fails is the last to its connection, and costs the others nothing', async () => {
    subscribe('phone');
    subscribe('laptop');
    onPost = async (connectionId) => {
      if (connectionId === 'phone') throw new Error('no');
      return 'posted';
    };
    expect(await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 150 })])).toEqual([]);
    expect(posted).toHaveLength(2);
    expect(countOf('PushFailures')).toEqual([1]);
    expect(reported).toEqual(['push failed']);
  });

  test('to a client that does not read is given up after a second in which others were served', async () => {
    for (const name of ['phone', 'laptop', 'tablet']) subscribe(name);
    const full = Object.assign(new Error('full'), { name: 'ThrottlingException' });
    const begun = now;
    onPost = async (connectionId) => {
      if (connectionId !== 'phone') return 'posted';
      now += 300;
      throw full;
    };
    expect(await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 150 })])).toEqual([]);
    expect(now - begun).toBeLessThanOrEqual(1_500);
    expect(posted).toHaveLength(4);
    expect(countOf('PushFailures')).toEqual([1]);
    expect(reported).toEqual(['push failed']);
  });

  test('that is throttled is tried again, until twenty seconds are over', async () => {
    subscribe('phone');
    const throttled = Object.assign(new Error('too fast'), { name: 'ThrottlingException' });
    let refusals = 2;
    onPost = async () => {
      if (refusals === 0) return 'posted';
      refusals -= 1;
      now += 10_000;
      throw throttled;
    };
    await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 1 })]);
    expect([posted.length, reported]).toEqual([1, []]);
    refusals = 3;
    await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 1 })]);
    // Those for whom the time ran out are reported together.
    expect([posted.length, reported]).toEqual([1, ['no time to push to all']]);
    expect(countOf('PushFailures')).toEqual([1]);
  });

  test('is one of 25 under way for a bucket, and two buckets are worked on at once', async () => {
    for (let index = 0; index < 60; index += 1) subscribe(`c${index}`);
    let underWay = 0;
    let most = 0;
    onPost = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return 'posted';
    };
    await newFanOut().fanOut([job({ fromSeq: 1, toSeq: 1 })]);
    expect([most, posted.length]).toEqual([25, 60]);
    await newFanOut().fanOut([1, 2, 3, 4].map((bucket) => job({ fromSeq: 1, toSeq: 1 }, { bucket })));
    expect([most, posted.length]).toEqual([50, 300]);
  });
});

describe('a job that could not be carried out', () => {
  test('comes again with all of its bucket, the later the more often it was tried', async () => {
    subscribe('phone');
    const jobs = [1, 2, 6, 9].map((receiveCount) =>
      job({ fromSeq: 1, toSeq: 1 }, { receiveCount, receiptHandle: `tried ${receiveCount}` }),
    );
    // The message is not stored: something is wrong.
    expect(await newFanOut().fanOut(jobs)).toEqual(jobs);
    expect(reported).toEqual(['fan-out failed']);
    expect(retries).toEqual([
      ['tried 1', 1],
      ['tried 2', 2],
      ['tried 6', 30],
      ['tried 9', 30],
    ]);
  });

  test.each(['nonsense', '{}', '{"version":1}'])(
    'and is none, such as %s, is given up soon',
    async (body) => {
      store(1);
      subscribe('phone');
      const unreadable = job({}, { body, receiveCount: 4 });
      const failed = await newFanOut().fanOut([unreadable, job({ fromSeq: 1, toSeq: 1 })]);
      expect([failed, posted]).toEqual([[unreadable], ['phone message 1']]);
      expect([retries, reported]).toEqual([[['receipt', 0]], ['not a fan-out job']]);
    },
  );

  test('for want of time comes again', async () => {
    store(1);
    subscribe('phone');
    onPost = async () => {
      now += 20_001;
      return 'posted';
    };
    const jobs = [1, 2, 3].map((bucket) => job({ fromSeq: 1, toSeq: 1 }, { bucket }));
    // Two buckets are begun at once; the third finds no time.
    expect(await newFanOut().fanOut(jobs)).toEqual([jobs[2]]);
  });

  test('comes again later where it cannot be hastened', async () => {
    subscribe('phone');
    onRetry = () => expect.fail('away');
    const one = job({ fromSeq: 1, toSeq: 1 });
    expect(await newFanOut().fanOut([one])).toEqual([one]);
    expect(reported).toEqual(['fan-out failed', 'a fan-out job could not be hastened']);
  });
});
