import { expect, test } from 'vitest';
import { ParleyError } from '../src/errors.ts';
import { Pace } from '../src/pace.ts';
import { FakeClock } from './support/fake-clock.ts';

/** A server with a bucket: `perSecond`, up to `burst` at once. It answers after 20 ms. */
function limitedServer(clock: FakeClock, { perSecond, burst }: { perSecond: number; burst: number }) {
  let tokens = burst;
  let filledAt = clock.now();
  const seen = { accepted: 0, refusedAt: [] as number[], underWay: 0, mostUnderWay: 0 };
  const request = () =>
    new Promise<void>((resolve, reject) => {
      seen.underWay += 1;
      seen.mostUnderWay = Math.max(seen.mostUnderWay, seen.underWay);
      tokens = Math.min(burst, tokens + ((clock.now() - filledAt) / 1000) * perSecond);
      filledAt = clock.now();
      const isAccepted = tokens >= 1;
      if (isAccepted) tokens -= 1;
      else seen.refusedAt.push(clock.now());
      clock.setTimeout(() => {
        seen.underWay -= 1;
        if (!isAccepted) {
          const retryAfterMs = Math.ceil(((1 - tokens) / perSecond) * 1000);
          return reject(new ParleyError('RATE_LIMITED', 'Too many', { retryAfterMs }));
        }
        seen.accepted += 1;
        resolve();
      }, 20);
    });
  return { seen, request };
}

/** Sends `count` one after the other, each as often as it takes, as `Worker` does. */
async function lane(
  clock: FakeClock,
  pace: Pace,
  request: () => Promise<void>,
  count: number,
): Promise<void> {
  for (let sent = 0; sent < count; ) {
    try {
      await pace.run(request);
      sent += 1;
    } catch (error) {
      const waitMs = error instanceof ParleyError ? (error.retryAfterMs ?? 0) : 0;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, waitMs));
    }
  }
}

const messages = { perSecond: 10, burst: 20 };

test.each([1, 8, 60])('a backlog in %i conversations is refused less than a socket may be', async (lanes) => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const { seen, request } = limitedServer(clock, messages);
  const began = clock.now();
  const all = 240;
  const sending = Array.from({ length: lanes }, () => lane(clock, pace, request, all / lanes));
  await clock.until(() => seen.accepted === all, 60_000);
  await Promise.all(sending);

  // The bucket that docs/protocol.md gives a socket: 50 at once, one more each second.
  const inAnySecond = seen.refusedAt.map((at) =>
    seen.refusedAt.filter((one) => one >= at && one < at + 1_000),
  );
  const first = inAnySecond[0]?.length ?? 0;
  expect(first).toBeLessThanOrEqual(20);
  for (const within of inAnySecond.slice(first)) expect(within.length).toBeLessThanOrEqual(1);
  // And it is not much slower for that than the server allows.
  expect(clock.now() - began).toBeLessThan(1.5 * 1000 * (all / messages.perSecond));
});

test('so many at a time, however many there are', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const { seen, request } = limitedServer(clock, { perSecond: 1_000, burst: 1_000 });
  const all = Array.from({ length: 100 }, () => pace.run(request));
  await clock.until(() => seen.accepted === 100, 1_000);
  await Promise.all(all);
  expect(seen.mostUnderWay).toBe(20);
  expect(clock.pending).toBe(0);
});

test('a longer wait that the server asks for is kept to', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const refusal = new ParleyError('RATE_LIMITED', 'Too many', { retryAfterMs: 7_000 });
  await expect(pace.run(() => Promise.reject(refusal))).rejects.toBe(refusal);
  let isSent = false;
  const sent = pace.run(async () => {
    isSent = true;
  });
  await clock.advance(6_900);
  expect(isSent).toBe(false);
  await clock.advance(200);
  await sent;
  expect(isSent).toBe(true);
});

test('whoever waits goes on when the connection is lost, and leaves no timer', async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  const refusal = new ParleyError('RATE_LIMITED', 'Too many', { retryAfterMs: 100 });
  await expect(pace.run(() => Promise.reject(refusal))).rejects.toBe(refusal);
  const lost = new ParleyError('UNAVAILABLE', 'There is no connection');
  const waiting = pace.run(() => Promise.reject(lost));
  pace.release();
  await expect(waiting).rejects.toBe(lost);
  expect(clock.pending).toBe(0);
});
