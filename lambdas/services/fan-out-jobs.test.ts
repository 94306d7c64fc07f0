import { beforeEach, expect, test } from 'vitest';
import type { FanOutJob } from '../../shared/domain/fan-out-job.ts';
import type { FanOutQueue } from '../stores/fan-out-queue.ts';
import type { SubscriptionStore } from '../stores/subscription-store.ts';
import { FanOutJobs } from './fan-out-jobs.ts';

let now: number;
let inUse: Set<number>;
let looks: number;
let puts: FanOutJob[][];

beforeEach(() => {
  now = 1_000_000;
  inUse = new Set([2, 5]);
  looks = 0;
  puts = [];
});

function newJobs(): FanOutJobs {
  const subscriptions: Pick<SubscriptionStore, 'isEmpty'> = {
    isEmpty: async (_, bucket) => {
      looks += 1;
      return !inUse.has(bucket);
    },
  };
  const queue: Pick<FanOutQueue, 'put'> = {
    put: async (jobs) => {
      puts.push([...jobs]);
    },
  };
  return new FanOutJobs(subscriptions as SubscriptionStore, queue as FanOutQueue, () => now); // All that it uses.
}

const job = { version: 1, conversationId: 'cnv_1' };

test('each bucket with a connection gets a job for each run of messages', async () => {
  await newJobs().queueMessages('cnv_1', [4, 1, 2], 7);
  expect(puts).toEqual([
    [
      { ...job, bucket: 2, fromSeq: 1, toSeq: 2, acceptedAt: 7 },
      { ...job, bucket: 2, fromSeq: 4, toSeq: 4, acceptedAt: 7 },
      { ...job, bucket: 5, fromSeq: 1, toSeq: 2, acceptedAt: 7 },
      { ...job, bucket: 5, fromSeq: 4, toSeq: 4, acceptedAt: 7 },
    ],
  ]);
});

test('changes that join one another are one job', async () => {
  const changes = [
    { messages: [], afterRevision: 3, lastRevision: 5 },
    { messages: [], afterRevision: 0, lastRevision: 3 },
    { messages: [], afterRevision: 8, lastRevision: 9 },
  ];
  inUse = new Set([2]);
  await newJobs().queueChanges('cnv_1', changes);
  expect(puts).toEqual([
    [
      { ...job, bucket: 2, fromRevision: 1, toRevision: 5 },
      { ...job, bucket: 2, fromRevision: 9, toRevision: 9 },
    ],
  ]);
});

test('where nothing was stored nothing is looked up', async () => {
  await newJobs().queueMessages('cnv_1', [], Infinity);
  await newJobs().queueChanges('cnv_1', []);
  expect([puts, looks]).toEqual([[], 0]);
});

test('that a bucket is in use is believed for a minute, that it is empty never', async () => {
  const jobs = newJobs();
  const queue = async () => {
    looks = 0;
    await jobs.queueMessages('cnv_1', [1], 7);
    return [looks, (puts.at(-1) ?? []).map(({ bucket }) => bucket)];
  };
  expect(await queue()).toEqual([16, [2, 5]]);
  inUse = new Set([5, 7]);
  now += 59_999;
  expect(await queue()).toEqual([14, [2, 5, 7]]);
  now += 1;
  expect(await queue()).toEqual([15, [5, 7]]);
});

test('what it believes does not grow without end: the oldest goes first', async () => {
  const jobs = newJobs();
  inUse = new Set(Array.from({ length: 16 }, (_, bucket) => bucket));
  for (let group = 0; group < 1_000; group += 1) await jobs.queueMessages(`cnv_${group}`, [1], 7);
  const looksFor = async (conversationId: string) => {
    looks = 0;
    await jobs.queueMessages(conversationId, [1], 7);
    return looks;
  };
  // Sixteen thousand buckets are remembered.
  expect(await looksFor('cnv_0')).toBe(0);
  await looksFor('cnv_new');
  expect(await looksFor('cnv_1')).toBe(0);
  expect(await looksFor('cnv_0')).toBe(16);
});
