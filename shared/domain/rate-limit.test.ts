import * as v from 'valibot';
import { expect, test } from 'vitest';
import { bucketTimes, defaultRateLimits, RateLimitSettings } from './rate-limit.ts';

test('a bucket lets a burst through at once, and then one per interval', () => {
  expect(bucketTimes({ perSecond: 10, burst: 20 })).toEqual({ intervalMs: 100, toleranceMs: 1900 });
  expect(bucketTimes({ perSecond: 0.5, burst: 1 })).toEqual({ intervalMs: 2000, toleranceMs: 0 });
});

test('the documented limits hold where a stage sets none', () => {
  expect(defaultRateLimits).toEqual({
    messages: { perSecond: 10, burst: 20 },
    actions: { perSecond: 5, burst: 20 },
    requests: { perSecond: 10, burst: 100 },
    reads: { perSecond: 20, burst: 100 },
    conversations: { perSecond: 0.5, burst: 30 },
    connections: { perSecond: 0.5, burst: 100 },
    refusals: { perSecond: 1, burst: 50 },
    loginFailures: { count: 10, seconds: 900 },
    loginFailuresAnywhere: { count: 100, seconds: 900 },
    logins: { count: 300, seconds: 900 },
    registrations: { count: 20, seconds: 3600 },
  });
});

const { messages, loginFailures } = defaultRateLimits;
const refuses = (settings: object) => !v.is(RateLimitSettings, { ...defaultRateLimits, ...settings });

test('settings are whole, and their numbers possible', () => {
  expect(v.parse(RateLimitSettings, defaultRateLimits)).toEqual(defaultRateLimits);
  expect(v.is(RateLimitSettings, { ...defaultRateLimits, logins: null, registrations: null })).toBe(true);
  expect(refuses({ messages: { ...messages, perSecond: 0.001, burst: 1 } })).toBe(false);
  for (const settings of [
    { messages: null },
    { messages: { perSecond: 10 } },
    { messages: { burst: 20 } },
    { messages: { ...messages, other: 1 } },
    { messages: { ...messages, perSecond: 0.0009 } },
    { messages: { ...messages, perSecond: '10' } },
    { messages: { ...messages, burst: 0 } },
    { messages: { ...messages, burst: 1.5 } },
    { loginFailures: { count: 1 } },
    { loginFailures: { ...loginFailures, seconds: 0.5 } },
    { loginFailures: { ...loginFailures, other: 1 } },
    { other: messages },
  ]) {
    expect(refuses(settings), JSON.stringify(settings)).toBe(true);
  }
  for (const name of Object.keys(defaultRateLimits)) expect(refuses({ [name]: undefined }), name).toBe(true);
});
