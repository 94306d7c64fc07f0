import { expect, test } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';

function breakerAt(start: number) {
  let now = start;
  return { breaker: new CircuitBreaker(() => now), pass: (ms: number) => (now += ms) };
}

test('opens with the third failure in a row, and only then', () => {
  const { breaker } = breakerAt(0);
  expect([breaker.failed(), breaker.failed()]).toEqual([false, false]);
  breaker.succeeded();
  expect([breaker.failed(), breaker.failed()]).toEqual([false, false]);
  expect(breaker.isOpen).toBe(false);
  expect(breaker.failed()).toBe(true);
  expect(breaker.isOpen).toBe(true);
});

test('stays open twice as long each time, for thirty seconds at most, until something succeeds', () => {
  const { breaker, pass } = breakerAt(5_000);
  for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    breaker.open();
    pass(pauseMs - 1);
    expect(breaker.isOpen).toBe(true);
    pass(1);
    expect(breaker.isOpen).toBe(false);
  }
  breaker.succeeded();
  breaker.open();
  pass(1_000);
  expect(breaker.isOpen).toBe(false);
});
