/**
 * People chat while their cache fails in every way it can, and what Parley promises is verified in the end as after any
 * load test: stored once, dense, in order, received once by each member, unread counts right.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'iovalkey';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { RedisServer } from '../../scripts/chaos/redis-server.ts';
import type { Crowd } from '../../scripts/load/crowd.ts';
import { type LoadOutcome, runLoad } from '../../scripts/load/load-run.ts';
import type { Person } from '../../scripts/load/person.ts';
import { deadlineMs, within } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import { SlowLink } from './support/slow-link.ts';

let server: RedisServer;
let link: SlowLink;
let client: Redis;
let parley: Parley;
const patience = { timeout: deadlineMs, interval: 50 };

beforeAll(async () => {
  server = await RedisServer.start();
  client = server.client();
  link = await SlowLink.to(server.port);
  parley = await Parley.start({ cache: `redis://127.0.0.1:${link.port}` });
});
afterAll(async () => {
  await parley?.close();
  client?.disconnect();
  await link?.close();
  await server?.kill();
});

/** Six people, a group of four and three direct conversations, for as long as `during` takes. */
async function chat(during: (crowd: Crowd) => Promise<void>): Promise<LoadOutcome> {
  const enough = new AbortController();
  const plan = {
    users: 6,
    groups: [{ count: 1, size: 4 }],
    directs: 3,
    rate: 30,
    changes: 10,
    durationMs: 120_000,
    ramp: 50,
    settleMs: 30_000,
    seed: 1,
    name: `u${randomUUID().slice(0, 8)}`,
    password: 'a password of the tests',
  };
  const { url, webSocketUrl } = parley.runtime;
  return runLoad(plan, { url, webSocketUrl }, enough.signal, {
    say: () => {},
    async during(crowd) {
      await during(crowd).finally(() => enough.abort());
    },
  });
}

/** That many messages, of those that are sent from now on. */
async function messages({ people }: Crowd, state: 'sent' | 'stored', count: number): Promise<void> {
  const open = new Set<string>();
  let reached = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = people.map(({ client }) =>
    client.on('outgoing', (message) => {
      if (message.state === 'queued') open.add(message.messageId);
      if (message.state === state && open.delete(message.messageId)) reached += 1;
      if (reached >= count) resolve();
    }),
  );
  await within(promise, () => `${count} messages that are ${state}, after ${reached}`);
  for (const off of stop) off();
}

function fallbacks(): number {
  return parley.logLines.filter((line) => line.includes('"CacheFallbacks"')).length;
}

function failedChecks({ verdict }: LoadOutcome) {
  return verdict.checks.filter(({ checked, failures }) => checked === 0 || failures > 0);
}

const faults: Record<string, { begin: () => unknown; end: () => unknown }> = {
  'answers two seconds late': {
    begin: () => {
      link.answerDelayMs = 2_000;
    },
    end: () => {
      link.answerDelayMs = 0;
    },
  },
  'stands still': { begin: () => server.pause(), end: () => server.resume() },
  'is gone, and comes back empty': { begin: () => server.kill(), end: () => server.startAgain() },
};

test.each(Object.entries(faults))('while the cache %s', { timeout: 120_000 }, async (_, { begin, end }) => {
  const before = fallbacks();
  const outcome = await chat(async (crowd) => {
    await messages(crowd, 'stored', 10);
    await begin();
    try {
      await messages(crowd, 'stored', 40);
    } finally {
      await end();
    }
    expect(fallbacks()).toBeGreaterThan(before);
    await usedAgain(crowd);
  });
  expect(failedChecks(outcome)).toEqual([]);
});

test('while the cache knows closed connections and none of the open ones', { timeout: 120_000 }, async () => {
  const closed = `closed-${randomUUID()}`;
  const remembered = async (people: Person[]) => {
    const all = await Promise.all(people.map(({ userId }) => client.hkeys(`presence:{${userId}}`)));
    return all.flat().filter((connection) => connection === closed);
  };
  const outcome = await chat(async (crowd) => {
    await messages(crowd, 'stored', 10);
    const aMinuteAgo = Date.now() - 60_000;
    for (const { userId } of crowd.people) {
      const key = `presence:{${userId}}`;
      await client
        .multi()
        .del(key)
        .hset(key, { ':complete': 1, [closed]: aMinuteAgo })
        .exec();
    }
    // They are accepted, and nobody hears of them; what is posted to a closed connection is refused, which removes it.
    await messages(crowd, 'sent', 20);
    await vi.waitFor(async () => expect(await remembered(crowd.people)).toEqual([]), patience);
    // Each client sends a heartbeat within a minute, which finds out that its connection is unknown.
    for (const person of crowd.people) person.look();
    await messages(crowd, 'stored', 20);
  });
  expect(failedChecks(outcome)).toEqual([]);
});

/** Empties the cache, and waits until those who chat fill it: an open circuit is tried again after 30 s at most. */
async function usedAgain({ people }: Crowd): Promise<void> {
  await client.flushall();
  const ofThem = (keys: string[]) => keys.filter((key) => people.some(({ userId }) => key.includes(userId)));
  await vi.waitFor(
    async () => {
      expect(ofThem(await client.keys('presence:*'))).not.toEqual([]);
      expect(ofThem(await client.keys('rate:*'))).not.toEqual([]);
    },
    { timeout: 45_000, interval: 50 },
  );
}
