import { describe, expect, test } from 'vitest';
import { callsOfHandshake, callsOfMessage, callsOfRead, callsOfReadMarker } from './calls.ts';
import { costOfMonth, dollarsPerMillionMessages, shardsFor, useOfDay } from './cost.ts';
import { prices } from './prices.ts';
import { metFirst, needs } from './quotas.ts';
import { readWorkload } from './read-workload.ts';
import { usual, type Workload } from './workload.ts';

const workload: Workload = { users: 1_000, messagesPerUserDay: 10, groupSize: 2, online: 1, ...usual };

function costOf(service: string, changed: Partial<Workload> = {}): number {
  return (
    costOfMonth({ ...workload, ...changed }).find((line) => line.service === service)?.dollars ?? Number.NaN
  );
}

describe('a message', () => {
  test('between two people who are online takes what the bench counts', () => {
    // Send: 1 read, 1 update, and the frame with its answer. Deliver: 1 read of the head, 2 of connections, a transaction of
    // 3 items at twice their kilobyte, 2 inbox rows at 3 units, 2 posts.
    expect(callsOfMessage(2, 1, 200)).toMatchObject({
      readUnits: 1 + 1 + 2,
      writeUnits: 1 + 2 * 3 + 2 * 3,
      socketMessages: 2 + 2,
      posts: 2,
      invocations: 2,
      queueRequests: 0,
    });
  });

  test('that is longer than a kilobyte is written as more of them', () => {
    expect(callsOfMessage(2, 0, 3_000).writeUnits - callsOfMessage(2, 0, 200).writeUnits).toBe(2 * 3);
  });

  test('in a large group costs less for each member, and writes no inbox rows of theirs', () => {
    const perMember = [200, 2_000, 10_000, 100_000].map(
      (size) => callsOfMessage(size, 0.1, 200).writeUnits / size,
    );
    expect(perMember).toEqual([...perMember].sort((one, other) => other - one));
    expect(callsOfMessage(100_000, 0.1, 200).writeUnits).toBe(callsOfMessage(1_000, 0.1, 200).writeUnits);
    expect(callsOfMessage(10_000, 0.1, 200).invocations).toBe(1 + 1 + 16);
  });

  test('nobody of a large group hears of read markers but their own devices', () => {
    expect(callsOfReadMarker(200, 1).posts).toBe(200);
    expect(callsOfReadMarker(201, 1).posts).toBe(1);
  });
});

describe('an event for those who are away', () => {
  test('is one for each message, however many they are, unless nobody is away or the group is large', () => {
    expect(callsOfMessage(2, 0, 200).events).toBe(1);
    expect(callsOfMessage(200, 0.1, 200).events).toBeCloseTo(1, 6);
    expect(callsOfMessage(2, 0.75, 200).events).toBe(0.25);
    expect(callsOfMessage(2, 1, 200).events).toBe(0);
    expect(callsOfMessage(201, 0, 200).events).toBe(0);
    expect(costOf('EventBridge', { online: 0 })).toBeCloseTo(300_000 * 1e-6, 6);
  });
});

describe('a month', () => {
  // 10,000 messages a day, 300,000 a month.
  test('of connections is paid by the minute', () => {
    const perMinute = 1_000 * 30 * 24 * 60 * prices.connectionMinute.dollars;
    const heartbeats = 1_000 * 30 * 24 * 60 * 2 * 1e-6;
    const messages = 300_000 * 4 * 1e-6;
    const readMarkers = 300_000 * 1 * 0.3 * (2 + 2) * 1e-6;
    const reads = 1_000 * 30 * usual.opensPerUserDay * usual.readsPerOpen * prices.httpRequest.dollars;
    expect(costOf('API Gateway')).toBeCloseTo(perMinute + heartbeats + messages + readMarkers + reads, 6);
  });

  test('counts each HTTP read and each handshake with the rate limit that it takes from', () => {
    const opened = useOfDay({ ...workload, opensPerUserDay: 1 });
    const closed = useOfDay({ ...workload, opensPerUserDay: 0 });
    const writes = callsOfHandshake().writeUnits + usual.readsPerOpen * callsOfRead().writeUnits;
    expect(opened.writeUnits - closed.writeUnits).toBeCloseTo(1_000 * writes, 6);
    // The bucket `connections`, and the connection as it comes and goes; the bucket `reads`, which is in use.
    expect([callsOfHandshake().writeUnits, callsOfRead().writeUnits]).toEqual([1 + 2, 2]);
    // A socket that stays open is opened again every two hours.
    const alone = { ...workload, messagesPerUserDay: 1e-9, opensPerUserDay: 0 };
    const handshakes = useOfDay(alone).invocations - 1_000 * 24 * 60;
    expect(handshakes).toBeCloseTo(1_000 * 12 * callsOfHandshake().invocations, 0);
  });

  test('of a stream costs its hours and its gigabytes, or its shards', () => {
    const gigabytes = 300_000 / 1024 ** 2; // Each record is rounded up to a kilobyte.
    expect(costOf('Kinesis')).toBeCloseTo(730 * 0.04 + gigabytes * (0.08 + 0.05), 6);
    const read = ((300_000 * 550) / 1024 ** 3) * 0.013;
    expect(costOf('Kinesis', { shards: 2 })).toBeCloseTo(2 * 730 * 0.03 + 300_000 * 0.014e-6 + read, 6);
  });

  test('of nobody online and hardly any message costs little more than the stream', () => {
    const quiet = { ...workload, users: 1, messagesPerUserDay: 1, online: 0 };
    expect(costOfMonth(quiet).reduce((whole, { dollars }) => whole + dollars, 0)).toBeLessThan(50);
  });

  test('costs less for each message the more there are', () => {
    const perMillion = [100, 10_000, 1_000_000].map((users) =>
      dollarsPerMillionMessages({ ...workload, users }),
    );
    expect(perMillion).toEqual([...perMillion].sort((one, other) => other - one));
  });
});

describe('the busiest second', () => {
  test('takes a shard for each thousand messages', () => {
    const busy = (perSecond: number) => ({ ...workload, users: (perSecond * 86_400) / 10, peak: 1 });
    expect(shardsFor(busy(999))).toBe(1);
    expect(shardsFor(busy(1_001))).toBe(2);
  });

  test('takes more of API Gateway by every receiver, which is what large groups meet first', () => {
    const crowd = { ...workload, groupSize: 10_000, online: 0.5, users: 100_000 };
    expect(metFirst(crowd).quota).toContain('API Gateway requests');
    const [requests] = needs(crowd);
    // 58 messages in the busiest second, 5,000 posts each, and heartbeats beside them.
    expect(requests?.needed).toBeGreaterThan(57 * 5_000);
  });
});

describe('options', () => {
  const given = { users: '1000', 'messages-per-user-day': '10', 'group-size': '2', online: '0.5' };

  test('have usual values where that makes sense', () => {
    expect(readWorkload(given)).toEqual({ ...workload, online: 0.5 });
  });

  test.each([
    [{ ...given, users: undefined }, '--users must be a number from 1 to'],
    [{ ...given, online: '50' }, '--online must be a number from 0 to 1, not "50"'],
    [{ ...given, 'group-size': '1' }, '--group-size must be a number from 2 to 100000, not "1"'],
    [{ ...given, shards: 'many' }, '--shards must be a number from 1 to 100000, not "many"'],
  ])('that are missing or wrong are named', (options, message) => {
    expect(() => readWorkload(options)).toThrow(message);
  });
});
