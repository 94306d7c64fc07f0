import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import { FaultSource } from '../faults/faults.ts';
import { writeGroup } from '../support/group-rows.ts';
import { type Container, World } from '../support/world.ts';

let world: World;
/** What the functions take for now. */
let now: number;
let parley: Container;
let writers: string[];
let reader: string;

beforeAll(async () => {
  world = await World.open();
  parley = world.container(new FaultSource([]), () => now);
});
afterAll(() => world.close());
beforeEach(async () => {
  now = Date.parse('2026-11-24T10:00:00.000Z');
  [reader = '', ...writers] = await world.users(21);
  const at = Date.now();
  await parley.stores.presence.register({
    userId: reader,
    connectionId: reader,
    connectedAt: at,
    lastSeenAt: at,
  });
});

/** What the reader was told since the last look. */
function heard(): string[] {
  const frames = world.connections.posted.get(reader) ?? [];
  world.connections.posted.delete(reader);
  return frames.flatMap((frame) => {
    const event: ServerEvent = JSON.parse(frame);
    return event.type === 'typing' ? [event.state] : [];
  });
}

const group = () => writeGroup(parley, reader, writers);

test('what one member says again and again is passed on once in two seconds, its end always', async () => {
  const [writer = ''] = writers;
  for (const conversationId of [
    await group(),
    (await parley.conversations.openDm(reader, writer)).conversation.conversationId,
  ]) {
    heard();
    for (let count = 0; count < 5; count += 1) {
      await parley.typing.tell(writer, conversationId, 'started');
      now += 300;
    }
    expect(heard()).toEqual(['started']);
    now += 500;
    await parley.typing.tell(writer, conversationId, 'started');
    expect(heard()).toEqual(['started']);
    await parley.typing.tell(writer, conversationId, 'stopped');
    await parley.typing.tell(writer, conversationId, 'stopped');
    expect(heard()).toEqual(['stopped']);
    // In turns it is no cheaper way to be told of often.
    await parley.typing.tell(writer, conversationId, 'started');
    await parley.typing.tell(writer, conversationId, 'stopped');
    expect(heard()).toEqual([]);
    now += 60_000;
  }
});

test('all members of a group together are passed on twice a second, and no end without its beginning', async () => {
  const conversationId = await group();
  for (let second = 0; second < 10; second += 1) {
    for (const writer of writers) await parley.typing.tell(writer, conversationId, 'started');
    now += 1_000;
  }
  const started = heard();
  expect(started.length).toBeGreaterThan(20);
  expect(started.length).toBeLessThanOrEqual(6 + 10 * 2);
  for (const writer of writers) await parley.typing.tell(writer, conversationId, 'stopped');
  expect(heard().length).toBeLessThanOrEqual(started.length);
  now += 60_000;
  const [writer = ''] = writers;
  await parley.typing.tell(writer, conversationId, 'started');
  expect(heard()).toEqual(['started']);
});

test('a time that a wrong clock has written does not silence anybody', async () => {
  const conversationId = await group();
  const [writer = ''] = writers;
  now += 24 * 60 * 60 * 1000;
  await parley.typing.tell(writer, conversationId, 'started');
  now -= 24 * 60 * 60 * 1000;
  await parley.typing.tell(writer, conversationId, 'started');
  expect(heard()).toEqual(['started', 'started']);
});

test('it takes three calls and a post in a DM, and one more call in a group; repeated, one call', async () => {
  const [writer = ''] = writers;
  const counted = new FaultSource([]);
  const { typing } = world.container(counted, () => now);
  const callsOf = async (id: string) => {
    const before = counted.calls;
    await typing.tell(writer, id, 'started');
    return counted.calls - before;
  };
  const dm = (await parley.conversations.openDm(reader, writer)).conversation.conversationId;
  // With the call of the rate limit these are 5 and 6; there were 6 in both before.
  expect([await callsOf(dm), await callsOf(dm)]).toEqual([4, 1]);
  const id = await group();
  expect([await callsOf(id), await callsOf(id)]).toEqual([5, 1]);
});

test('who has sent a message and goes on with the next is told of at once', async () => {
  const [writer = ''] = writers;
  const { conversationId } = (await parley.conversations.openDm(reader, writer)).conversation;
  heard();
  await parley.typing.tell(writer, conversationId, 'started');
  const activity = { conversationId, lastSeq: 1, lastActivityAt: new Date(now).toISOString() };
  await parley.stores.inbox.advanceSender(writer, activity, 1);
  await parley.typing.tell(writer, conversationId, 'started');
  expect(heard()).toEqual(['started', 'started']);
});
