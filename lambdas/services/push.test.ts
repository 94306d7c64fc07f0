import { beforeEach, describe, expect, test } from 'vitest';
import type { MetricName } from '../../shared/domain/metrics.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { ConnectionGateway } from '../stores/connection-gateway.ts';
import type { Connection, ConnectionRegistry } from '../stores/presence-store.ts';
import { Deliveries, isYoung, Push } from './push.ts';

/** A gateway and a registry in memory, of which a test says what fails. */
let now: number;
let connections: Connection[];
let posted: string[];
let removed: string[];
let counted: [MetricName, number][];
let reported: string[];
let hops: unknown[];
let onPost: (connectionId: string) => Promise<'posted' | 'gone'>;

beforeEach(() => {
  now = 1_000_000;
  connections = [];
  posted = [];
  removed = [];
  counted = [];
  reported = [];
  hops = [];
  onPost = async () => 'posted';
});

function newPush(): Push {
  const registry: Pick<ConnectionRegistry, 'connectionsOfAll' | 'remove'> = {
    connectionsOfAll: async (userIds) => connections.filter(({ userId }) => userIds.includes(userId)),
    remove: async ({ connectionId }) => {
      removed.push(connectionId);
    },
  };
  const gateway: Pick<ConnectionGateway, 'post'> = {
    post: async (connectionId, frame) => {
      const outcome = await onPost(connectionId);
      if (outcome === 'posted') posted.push(`${connectionId} ${frame}`);
      return outcome;
    },
  };
  return new Push(
    registry as ConnectionRegistry, // All that it uses.
    gateway as ConnectionGateway,
    (what) => reported.push(what),
    (metric, value = 1) => counted.push([metric, value]),
    (step, ids) => hops.push({ step, ...ids }),
    () => now,
  );
}

function connect(userId: string, connectionId = userId, age = 60_000): void {
  connections.push({ userId, connectionId, connectedAt: now - age, lastSeenAt: now });
}

const removedFrom = (conversationId: string): ServerEvent => ({
  type: 'conversationRemoved',
  conversationId,
});
const messageEvent = (...seqs: number[]): ServerEvent => ({
  type: 'message',
  messages: seqs.map((seq) => ({
    conversationId: 'cnv_1',
    seq,
    messageId: `m${seq}`,
    senderId: 'usr_a',
    type: 'text',
    content: 'hello',
    createdAt: '2026-11-24T10:00:00.000Z',
  })),
});
const [one, two] = [removedFrom('cnv_1'), removedFrom('cnv_2')];
const frame = (connectionId: string, event: ServerEvent) => `${connectionId} ${JSON.stringify(event)}`;

test('a connection is young for thirty seconds', () => {
  expect([29_999, 30_000, 30_001].map((age) => isYoung({ connectedAt: now - age }, now))).toEqual([
    true,
    true,
    false,
  ]);
});

test('what is added for a user comes after what was', () => {
  const deliveries = new Deliveries();
  deliveries.add('alice', one);
  deliveries.add('alice', two, one);
  expect([...deliveries]).toEqual([['alice', [one, two, one]]]);
});

test('every connection of each user gets the events, in order, and nobody else', async () => {
  connect('alice', 'phone');
  connect('alice', 'laptop');
  connect('bob');
  connect('carol');
  await newPush().toUsers(['alice', 'bob'], one, two);
  expect(posted.filter((line) => line.startsWith('phone'))).toEqual([
    frame('phone', one),
    frame('phone', two),
  ]);
  expect(posted).toHaveLength(6);
  posted = [];
  await newPush().toUser('carol', one);
  expect(posted).toEqual([frame('carol', one)]);
});

test('it is told who has a connection, whether or not it took the events', async () => {
  connect('alice');
  connect('bob');
  onPost = async (connectionId) => (connectionId === 'alice' ? 'posted' : Promise.reject(new Error('no')));
  const deliveries = new Deliveries([
    ['alice', [one]],
    ['bob', [one]],
    ['carol', [one]],
  ]);
  expect(await newPush().deliver(deliveries)).toEqual(new Set(['alice', 'bob']));
  expect([counted, reported]).toEqual([[['PushFailures', 1]], ['push failed']]);
});

test('where connections cannot be found nobody knows, and it is reported', async () => {
  const push = newPush();
  Object.defineProperty(connections, 'filter', { value: () => expect.fail('the table is away') });
  expect(await push.deliver(new Deliveries([['alice', [one]]]))).toBeUndefined();
  expect(reported).toEqual(['connections could not be found']);
});

test('after a post that failed a connection gets nothing more: it would miss what is between', async () => {
  connect('alice');
  let posts = 0;
  onPost = async () => {
    posts += 1;
    throw new Error('no');
  };
  await newPush().toUser('alice', one, two);
  expect([posts, removed]).toEqual([1, []]);
});

describe('a connection that is gone', () => {
  beforeEach(() => {
    onPost = async () => 'gone';
  });

  test('is counted and removed, and gets nothing more', async () => {
    connect('alice');
    let posts = 0;
    onPost = async () => {
      posts += 1;
      return 'gone';
    };
    await newPush().toUser('alice', one, two);
    expect([posts, removed]).toEqual([1, ['alice']]);
    expect([counted, hops]).toEqual([[['GoneConnections', 1]], []]);
  });

  test('is kept while it is so young that its handshake may be finishing', async () => {
    connect('alice', 'alice', 5_000);
    await newPush().toUser('alice', one);
    expect([removed, counted]).toEqual([[], [['GoneConnections', 1]]]);
  });
});

test('at most fifty posts are under way at once', async () => {
  for (let index = 0; index < 120; index += 1) connect('alice', `c${index}`);
  let underWay = 0;
  let most = 0;
  onPost = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return 'posted';
  };
  await newPush().toUser('alice', one);
  expect([most, posted.length]).toEqual([50, 120]);
});

test('when ten seconds are over the rest is left, counted and reported', async () => {
  for (let index = 0; index < 60; index += 1) connect('alice', `c${index}`);
  let posts = 0;
  onPost = async () => {
    posts += 1;
    // Exactly at the end there is still time.
    if (posts === 51) now += 10_000;
    if (posts === 52) now += 1;
    return 'posted';
  };
  await newPush().toUser('alice', one);
  expect(posts).toBe(52);
  expect([counted, reported]).toEqual([[['PushFailures', 8]], ['no time to push']]);
});

test('the latency of an event is measured from its acceptance, and never negative', async () => {
  connect('alice');
  const [timed, ahead, untimed] = [messageEvent(1), messageEvent(2), messageEvent(3)];
  const times = new Map([
    [timed, now - 70],
    [ahead, now + 5],
  ]);
  await newPush().deliver(new Deliveries([['alice', [timed, ahead, untimed]]]), times);
  expect(counted).toEqual([
    ['PushLatency', 70],
    ['PushLatency', 0],
  ]);
});

test('each post can be followed by its ids: of several messages, by the newest', async () => {
  connect('alice');
  await newPush().toUser('alice', one, messageEvent(1, 2), { type: 'message', messages: [] });
  const pushed = { step: 'pushed', connectionId: 'alice' };
  expect(hops).toEqual([
    { ...pushed, type: 'conversationRemoved' },
    { ...pushed, type: 'message', conversationId: 'cnv_1', messageId: 'm2', seq: 2, messages: 2 },
    { ...pushed, type: 'message' },
  ]);
});

test('an event for many is written as JSON once', async () => {
  for (const userId of ['alice', 'bob', 'carol']) connect(userId);
  let written = 0;
  const event = Object.assign(removedFrom('cnv_1'), {
    toJSON: () => {
      written += 1;
      return one;
    },
  });
  await newPush().toUsers(['alice', 'bob', 'carol'], event);
  expect([written, posted.length]).toEqual([1, 3]);
});
