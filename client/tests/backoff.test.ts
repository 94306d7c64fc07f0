import { describe, expect, test } from 'vitest';
import { Backoff } from '../src/backoff.ts';
import { ParleyError } from '../src/errors.ts';

const least = () => 0;
const most = () => 1;

describe('the wait after a failed attempt', () => {
  test('grows to twenty seconds, whatever a busy server says', () => {
    const backoff = new Backoff(most);
    const busy = new ParleyError('UNAVAILABLE', 'busy', { retryAfterMs: 1_000 });
    expect(Array.from({ length: 7 }, () => backoff.after(busy))).toEqual([
      1_000, 1_500, 2_500, 4_500, 8_500, 16_500, 20_000,
    ]);
  });

  test('is at least what a busy server says', () => {
    const busy = new ParleyError('UNAVAILABLE', 'busy', { retryAfterMs: 2_500 });
    expect(new Backoff(least).after(busy)).toBe(2_500);
  });

  test('is what a rate limit says, which knows when there is room again', () => {
    const backoff = new Backoff(most);
    const limited = new ParleyError('RATE_LIMITED', 'slow down', { retryAfterMs: 80 });
    expect([backoff.after(limited), backoff.after(limited)]).toEqual([80, 80]);
  });

  test('is its own where the server says nothing', () => {
    expect(new Backoff(least).after(new ParleyError('UNAVAILABLE', 'gone'))).toBe(500);
  });
});
