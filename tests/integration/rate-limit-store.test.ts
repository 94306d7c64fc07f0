import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RateLimitStore } from '../../lambdas/stores/rate-limit-store.ts';
import { rateBucketsContract } from '../contracts/rate-buckets.ts';
import { World } from '../support/world.ts';

let world: World;
let store: RateLimitStore;
beforeAll(async () => {
  world = await World.open();
  store = world.container().stores.rateLimits;
});
afterAll(() => world.close());

const start = Date.parse('2026-01-01T00:00:00.000Z');

rateBucketsContract('the table', () => store);

test('a window lets its count through, then nothing until it ends', async () => {
  const key = randomUUID();
  const window = { count: 3, seconds: 60 };
  const take = (afterMs: number) => store.takeFromWindow(key, window, start + afterMs);
  expect([await take(0), await take(10), await take(20)]).toEqual([0, 0, 0]);
  expect(await take(10_000)).toBe(50_000);
  expect(await take(59_999)).toBe(1);
  expect(await take(60_000)).toBe(0);
});

test('a window that many begin at once lets its count through', async () => {
  const key = randomUUID();
  const window = { count: 3, seconds: 60 };
  const waits = await Promise.all(Array.from({ length: 10 }, () => store.takeFromWindow(key, window, start)));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
});

test('what is forgotten begins anew', async () => {
  const key = randomUUID();
  const window = { count: 1, seconds: 60 };
  await store.takeFromWindow(key, window, start);
  await store.forget(key);
  expect(await store.takeFromWindow(key, window, start)).toBe(0);
});
