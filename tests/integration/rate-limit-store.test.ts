import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RateLimiter } from '../../lambdas/services/rate-limiter.ts';
import type { RateLimitStore } from '../../lambdas/stores/rate-limit-store.ts';
import { defaultRateLimits } from '../../shared/domain/rate-limit.ts';
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

describe('one who has a /48 of IPv6, and comes from another /64 each time', () => {
  let limiter: RateLimiter;
  beforeAll(() => {
    const settings = { ...defaultRateLimits, registrations: { count: 2, seconds: 60 } };
    limiter = new RateLimiter(
      store,
      store,
      settings,
      () => {},
      () => start,
    );
  });
  const link = (prefix: string, index: number) => `${prefix}:${(index * 0x101).toString(16)}::/64`;
  async function accepted(take: (index: number) => Promise<void>): Promise<number> {
    let count = 0;
    for (let index = 0; index < 50; index += 1) {
      await take(index).then(
        () => {
          count += 1;
        },
        () => {},
      );
    }
    return count;
  }

  test('registers four times as often as one address may, and not 65,536 times', async () => {
    expect(await accepted((index) => limiter.takeRegistration(link('2001:db8:1', index)))).toBe(8);
    // In one /56 twice as often.
    const near = (index: number) => limiter.takeRegistration(`2001:db8:2:${index.toString(16)}::/64`);
    expect(await accepted(near)).toBe(4);
    // Others are none the worse for it.
    await limiter.takeRegistration('2001:db8:3:1::/64');
  });

  test('does not lock anybody out by failing for them', async () => {
    const owner = '198.51.100.7';
    const guesses = await accepted((index) => limiter.takeLogin('carol', link('2001:db8:4', index)));
    expect(guesses).toBe(40);
    await limiter.takeLogin('carol', owner);
    await limiter.loginSucceeded('carol', link('2001:db8:4', 1));
    await limiter.takeLogin('carol', link('2001:db8:4', 99));
  });
});
