import { expect, test } from 'vitest';
import type { ParleyClient } from '../src/client.ts';
import type { Message } from '../src/protocol.ts';
import { Fixture } from './support/fixture.ts';

/** A room with so many messages, of which the server gives four a page. */
async function roomWith(count: number): Promise<{ world: Fixture; client: ParleyClient }> {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  for (let seq = 1; seq <= count; seq += 1) world.say('room', 'bob', `message ${seq}`);
  return { world, client: await world.connected() };
}

const seqs = (messages: readonly Message[]) => messages.map(({ seq }) => seq);

async function resolved<T>(world: Fixture, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined); // It may fail before it is waited for.
  await world.clock.advance(1_000);
  return promise;
}

test('history goes up and down, and ends where live messages go on', async () => {
  const { world, client } = await roomWith(10);
  const room = client.conversation('room');
  const newest = await resolved(world, room.history());
  expect([seqs(newest.messages), newest.hasMore]).toEqual([[7, 8, 9, 10], true]);
  const older = await resolved(world, room.history({ before: 7, limit: 2 }));
  expect([seqs(older.messages), older.hasMore]).toEqual([[5, 6], true]);
  const oldest = await resolved(world, room.history({ before: 3 }));
  expect([seqs(oldest.messages), oldest.hasMore]).toEqual([[1, 2], false]);
  expect(await room.history({ before: 1 })).toEqual({ messages: [], hasMore: false });

  const first = await resolved(world, room.history({ after: 0 }));
  expect([seqs(first.messages), first.hasMore]).toEqual([[1, 2, 3, 4], true]);
  const last = await resolved(world, room.history({ after: 8 }));
  expect([seqs(last.messages), last.hasMore]).toEqual([[9, 10], false]);
  expect(await room.history({ after: 11 })).toEqual({ messages: [], hasMore: false });
});

test('a message that is stored but not told yet is not in the history: its event is still to come', async () => {
  const { world, client } = await roomWith(3);
  const room = client.conversation('room');
  await resolved(world, room.history());
  const heard: number[] = [];
  room.on('message', ({ seq }) => heard.push(seq));
  world.server.network = { next: () => ({ kind: 'lost' }) };
  world.say('room', 'bob', 'its event is lost');
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 1 }) };
  expect(seqs((await resolved(world, room.history())).messages)).toEqual([1, 2, 3]);
  expect(seqs((await resolved(world, room.history({ after: 2 }))).messages)).toEqual([3]);
  await world.clock.until(() => heard.length > 0);
  expect(heard).toEqual([4]);
});

test('a gap is repaired with sync at once, without waiting for anything', async () => {
  const { world, client } = await roomWith(3);
  const heard: number[] = [];
  client.on('message', ({ seq }) => heard.push(seq));
  world.server.network = { next: () => ({ kind: 'lost' }) };
  for (let more = 4; more <= 9; more += 1) world.say('room', 'bob', `message ${more}`);
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 1 }) };
  world.say('room', 'bob', 'message 10');
  await world.clock.advance(20);
  expect(heard).toEqual([4, 5, 6, 7, 8, 9, 10]);
  expect(world.server.frames.map(({ action }) => action)).toEqual(['sync', 'sync']);
});

test('a message whose event is lost and has no successor is found by the heartbeat', async () => {
  const { world, client } = await roomWith(3);
  const heard: number[] = [];
  client.on('message', ({ seq }) => heard.push(seq));
  await world.clock.advance(1_000);
  world.server.network = { next: () => ({ kind: 'lost' }) };
  world.say('room', 'bob', 'message 4');
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 1 }) };
  await world.clock.advance(60_000);
  expect(heard).toEqual([4]);
});

test('messages() gives what follows a seq and then what comes, each once', async () => {
  const { world, client } = await roomWith(9);
  const iterator = client.conversation('room').messages({ after: 2 });
  const heard: number[] = [];
  const reading = (async () => {
    for await (const { seq } of iterator) {
      heard.push(seq);
      if (seq === 14) break;
    }
  })();
  for (let more = 10; more <= 14; more += 1) {
    world.say('room', 'bob', `message ${more}`);
    await world.clock.advance(1);
  }
  await world.clock.advance(1_000);
  await reading;
  expect(heard).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

test('messages() without a seq begins with the call, and ends with its signal', async () => {
  const { world, client } = await roomWith(2);
  const abort = new AbortController();
  const iterator = client.conversation('room').messages({ signal: abort.signal });
  world.say('room', 'bob', 'message 3');
  await world.clock.advance(10);
  expect((await iterator.next()).value).toMatchObject({ seq: 3 });
  const next = iterator.next();
  abort.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

test('a timeline grows at both ends while messages come', async () => {
  const { world, client } = await roomWith(10);
  const timeline = client.conversation('room').timeline();
  expect([timeline.messages, timeline.hasOlder]).toEqual([[], true]);
  const changes: string[] = [];
  timeline.on('change', ({ kind, messages }) => changes.push(`${kind} ${seqs(messages)}`));

  const loading = timeline.loadOlder();
  expect(timeline.loadOlder()).toBe(loading);
  world.say('room', 'bob', 'message 11');
  await resolved(world, loading);
  expect(seqs(timeline.messages)).toEqual([7, 8, 9, 10, 11]);
  expect(timeline.messages).toBe(timeline.messages);
  await resolved(world, timeline.loadOlder());
  await resolved(world, timeline.loadOlder());
  expect(seqs(timeline.messages)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(timeline.hasOlder).toBe(false);
  await timeline.loadOlder();
  expect(changes).toEqual(['appended 11', 'prepended 7,8,9,10', 'prepended 3,4,5,6', 'prepended 1,2']);

  timeline.close();
  world.say('room', 'bob', 'message 12');
  await world.clock.advance(10);
  expect(timeline.messages).toHaveLength(11);
});

test('a page that fails to load can be loaded again', async () => {
  const { world, client } = await roomWith(10);
  const timeline = client.conversation('room').timeline();
  world.server.isDown = true;
  const failure = timeline.loadOlder().catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(await failure).toMatchObject({ code: 'UNAVAILABLE' });
  world.server.isDown = false;
  await resolved(world, timeline.loadOlder());
  expect(seqs(timeline.messages)).toEqual([7, 8, 9, 10]);
});

test('read markers move at once here, together and only forward on the server', async () => {
  const { world, client } = await roomWith(10);
  const room = client.conversation('room');
  const moves = [room.markRead(3), room.markRead(7), room.markRead(5), room.markRead()];
  expect(room.info).toMatchObject({ lastReadSeq: 10, unreadCount: 0 });
  await resolved(world, Promise.all(moves));
  expect(world.server.chat.row('room', 'alice').lastReadSeq).toBe(10);
  expect(world.server.frames.filter(({ action }) => action === 'markRead').length).toBeLessThanOrEqual(2);

  const { length } = world.server.frames;
  await room.markRead(4);
  expect(world.server.frames).toHaveLength(length);
});

test('a read marker that was moved offline reaches the server later', async () => {
  const { world, client } = await roomWith(10);
  world.server.isDown = true;
  world.server.cut();
  const moved = client.conversation('room').markRead(6);
  await world.clock.advance(5_000);
  world.server.isDown = false;
  await world.clock.until(() => client.state === 'online');
  await resolved(world, moved);
  expect(world.server.chat.row('room', 'alice').lastReadSeq).toBe(6);
});

test('what another device reads is read here', async () => {
  const { world, client } = await roomWith(10);
  const room = client.conversation('room');
  const reads: string[] = [];
  room.on('read', ({ userId, seq }) => reads.push(`${userId} ${seq}`));
  world.server.chat.markRead('room', 'alice', 8);
  await world.clock.advance(10);
  expect(room.info?.unreadCount).toBe(2);
  expect(reads).toEqual(['alice 8']);
});

test('members bring their read markers with them', async () => {
  const { world, client } = await roomWith(10);
  world.server.chat.markRead('room', 'bob', 10);
  const room = client.conversation('room');
  const members = await resolved(world, room.members());
  expect(members.map(({ userId, lastReadSeq }) => [userId, lastReadSeq])).toEqual([
    ['bob', 10],
    ['alice', 0],
  ]);
  expect(room.readSeq('bob')).toBe(10);
});

test('a conversation that one is no member of says so', async () => {
  const { world, client } = await roomWith(1);
  const room = client.conversation('room');
  let removed = 0;
  room.on('removed', () => {
    removed += 1;
  });
  world.server.chat.remove('room', 'alice');
  await world.clock.advance(10);
  expect([removed, room.info]).toEqual([1, undefined]);
  await expect(resolved(world, room.history())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(resolved(world, room.markRead(1))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a group whose creation has to be repeated is made once', async () => {
  const { world, client } = await roomWith(1);
  const fates = ['UNAVAILABLE' as const, 'gateway' as const, 'RATE_LIMITED' as const];
  world.server.network = {
    next: () => {
      const refused = fates.shift();
      return refused ? { kind: 'refused', with: refused } : { kind: 'arrives', afterMs: 1 };
    },
  };
  const group = client.createGroup({ title: 'Group' });
  await world.clock.advance(10_000);
  expect(client.conversations().get((await group).id)).toBeDefined();
  expect(world.server.requests.filter((one) => one === 'POST /conversations')).toHaveLength(1);
});

test('there is one object for one conversation', async () => {
  const { client } = await roomWith(1);
  expect(client.conversation('room')).toBe(client.conversation('room'));
});
