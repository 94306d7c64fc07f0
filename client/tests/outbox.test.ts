import { expect, test } from 'vitest';
import type { OutgoingMessage } from '../src/outgoing.ts';
import { memoryStorage } from '../src/storage.ts';
import { Fixture } from './support/fixture.ts';

function roomWorld(): Fixture {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  return world;
}

function statesOf(message: OutgoingMessage): string[] {
  const states: string[] = [message.state];
  message.on('state', (state) => states.push(state));
  return states;
}

function sends(world: Fixture): unknown[] {
  return world.server.frames.filter(({ action }) => action === 'sendMessage').map(({ content }) => content);
}

test('tells its states in order: queued, sent, stored', async () => {
  const world = roomWorld();
  const client = await world.connected();
  const outgoing = client.conversation('room').send('hello', { replyTo: 7 });
  const states = statesOf(outgoing);
  const stored = outgoing.whenStored();
  await world.clock.until(() => outgoing.state === 'stored');
  expect(states).toEqual(['queued', 'sent', 'stored']);
  expect(await stored).toMatchObject({ seq: 1, content: 'hello', senderId: 'alice' });
  expect(outgoing.message).toEqual(await stored);
  expect(client.outgoing).toEqual([]);
  expect(world.server.frames).toMatchObject([{ action: 'sendMessage', replyTo: 7 }]);
});

test('the acknowledgement alone does not end it', async () => {
  const world = roomWorld();
  world.server.storeAfterMs = 10_000;
  const storage = memoryStorage();
  const client = await world.connected({ storage });
  const outgoing = client.conversation('room').send('hello');
  await world.clock.advance(9_000);
  expect(outgoing.state).toBe('sent');
  expect(await storage.all()).toMatchObject([{ messageId: outgoing.messageId, state: 'sent' }]);
  await world.clock.advance(2_000);
  expect(outgoing.state).toBe('stored');
  expect(await storage.all()).toEqual([]);
});

test('is sent again when its event has not come after 30 s, then after twice as long', async () => {
  const world = roomWorld();
  world.server.storeAfterMs = 10 * 60_000;
  const client = await world.connected();
  client.conversation('room').send('hello');
  const times: number[] = [];
  const start = world.clock.now();
  while (world.clock.now() - start < 250_000) {
    await world.clock.advance(1_000);
    while (times.length < sends(world).length) times.push(Math.round((world.clock.now() - start) / 1_000));
  }
  expect(times).toEqual([1, 31, 91, 211]);
  await world.clock.advance(30 * 60_000);
  expect(world.server.chat.messages('room', 'alice')).toHaveLength(1);
  expect(client.outgoing).toEqual([]);
});

test('send works offline, and order holds', async () => {
  const world = roomWorld();
  const client = world.client();
  const room = client.conversation('room');
  const contents = ['one', 'two', 'three'];
  const all = contents.map((content) => room.send(content));
  expect(room.outgoing.map(({ content, state }) => [content, state])).toEqual(
    contents.map((content) => [content, 'queued']),
  );
  void client.connect();
  await world.clock.until(() => all.every(({ state }) => state === 'stored'));
  expect(world.server.chat.messages('room', 'alice').map(({ content }) => content)).toEqual(contents);
  expect(sends(world)).toEqual(contents);
});

test('one message of a conversation at a time, but conversations beside each other', async () => {
  const world = roomWorld();
  world.server.chat.create('other', 'bob', ['alice']);
  const client = await world.connected();
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 1_000 }) };
  for (const content of ['one', 'two', 'three']) client.conversation('room').send(content);
  client.conversation('other').send('beside');
  await world.clock.advance(1_500);
  expect(sends(world)).toEqual(['one', 'beside']);
  await world.clock.advance(2_000);
  expect(sends(world)).toEqual(['one', 'beside', 'two']);
});

test('waits as long as the server says when it sends too much', async () => {
  const world = roomWorld();
  const client = await world.connected();
  world.server.refuseNext({ code: 'RATE_LIMITED', retryAfterMs: 7_000 });
  const outgoing = client.conversation('room').send('hello');
  await world.clock.advance(6_900);
  expect(outgoing.state).toBe('queued');
  await world.clock.advance(200);
  expect(outgoing.state).toBe('stored');
});

test.each(['UNAVAILABLE', 'gateway'])('sends again after %s', async (code) => {
  const world = roomWorld();
  const client = await world.connected();
  world.server.refuseNext({ code });
  const outgoing = client.conversation('room').send('hello');
  await world.clock.advance(2_000);
  expect(outgoing.state).toBe('stored');
});

test('what the server refuses for good fails with the reason; the next ones are sent', async () => {
  const world = roomWorld();
  const storage = memoryStorage();
  const client = await world.connected({ storage });
  world.server.refuseNext({ code: 'BAD_REQUEST' });
  const room = client.conversation('room');
  const bad = room.send('bad');
  const good = room.send('good');
  const failure = bad.whenStored().catch((error: unknown) => error);
  await world.clock.advance(1_000);
  expect(bad.state).toBe('failed');
  expect(await failure).toMatchObject({ code: 'BAD_REQUEST' });
  expect(good.state).toBe('stored');
  expect(await storage.all()).toMatchObject([
    { content: 'bad', state: 'failed', error: { code: 'BAD_REQUEST' } },
  ]);

  bad.retry();
  await world.clock.advance(1_000);
  expect(bad.state).toBe('stored');
  expect(await storage.all()).toEqual([]);
});

test('a failed message can be discarded, a sent one cannot', async () => {
  const world = roomWorld();
  const storage = memoryStorage();
  const client = await world.connected({ storage });
  world.server.refuseNext({ code: 'BAD_REQUEST' });
  const bad = client.conversation('room').send('bad');
  await world.clock.advance(100);
  expect(bad.discard()).toBe(true);
  await world.clock.advance(100);
  expect(bad.state).toBe('discarded');
  expect(await storage.all()).toEqual([]);
  expect(client.outgoing).toEqual([]);
  await expect(bad.whenStored()).rejects.toMatchObject({ code: 'CLOSED' });

  world.server.storeAfterMs = 60_000;
  const sent = client.conversation('room').send('sent');
  await world.clock.advance(100);
  expect(sent.discard()).toBe(false);
  expect(sent.state).toBe('sent');
});

test('a message that the server could not store after its acknowledgement fails', async () => {
  const world = roomWorld();
  world.server.storeAfterMs = 1_000;
  const client = await world.connected();
  const outgoing = client.conversation('room').send('hello');
  await world.clock.advance(500);
  expect(outgoing.state).toBe('sent');
  world.server.chat.remove('room', 'alice');
  await world.clock.advance(1_000);
  expect(outgoing.state).toBe('failed');
  expect(outgoing.error).toMatchObject({ code: 'FORBIDDEN' });
});

test('a frame that would cost the socket is not sent', async () => {
  const world = roomWorld();
  const client = await world.connected();
  const outgoing = client.conversation('room').send('👍'.repeat(8_200));
  await world.clock.advance(1_000);
  expect(outgoing.error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  expect(client.state).toBe('online');
  expect(sends(world)).toEqual([]);
});

test('the same messageId is one message', async () => {
  const world = roomWorld();
  const client = await world.connected();
  const room = client.conversation('room');
  expect(room.send('hello', { messageId: 'mine' })).toBe(room.send('hello', { messageId: 'mine' }));
});

test('survives a restart: what was queued is sent, what was sent is sent again, once', async () => {
  const world = roomWorld();
  const storage = memoryStorage();
  const before = world.client({ storage });
  before.conversation('room').send('one');
  before.conversation('room').send('two');
  await world.clock.advance(100);

  const after = world.client({ storage });
  await world.clock.advance(100);
  expect(after.outgoing.map(({ content }) => content)).toEqual(['one', 'two']);
  void after.connect();
  await world.clock.until(() => after.outgoing.length === 0);
  expect(world.server.chat.messages('room', 'alice').map(({ content }) => content)).toEqual(['one', 'two']);
});

test('what an earlier run left goes first, whatever the clock says', async () => {
  const world = roomWorld();
  const storage = memoryStorage();
  const { clock } = world;
  const ahead = {
    now: () => clock.now() + 3_600_000,
    setTimeout: clock.setTimeout.bind(clock),
    clearTimeout: clock.clearTimeout.bind(clock),
  };
  world.client({ storage, clock: ahead }).conversation('room').send('earlier');
  await clock.advance(100);

  const client = world.client({ storage });
  client.conversation('room').send('later');
  void client.connect();
  await clock.until(() => client.outgoing.length === 0);
  expect(world.server.chat.messages('room', 'alice').map(({ content }) => content)).toEqual([
    'earlier',
    'later',
  ]);
});

test("another user's messages stay where they are", async () => {
  const world = roomWorld();
  const storage = memoryStorage();
  world.client({ storage }).conversation('room').send("alice's");
  await world.clock.advance(100);

  const client = await world.connected({ storage, token: 'bob-token', userId: undefined });
  await world.clock.advance(60_000);
  expect(client.userId).toBe('bob');
  expect(client.outgoing).toEqual([]);
  expect(world.server.chat.messages('room', 'bob')).toEqual([]);
  expect(await storage.all()).toMatchObject([{ content: "alice's" }]);
});

test('until it is known whose they are, messages wait', async () => {
  const world = roomWorld();
  const storage = memoryStorage();
  const client = world.client({ storage, userId: undefined });
  const outgoing = client.conversation('room').send('hello');
  await world.clock.advance(100);
  expect(await storage.all()).toEqual([]);
  void client.connect();
  await world.clock.until(() => outgoing.state === 'stored');
});

test('a storage that fails is told, and the message is sent all the same', async () => {
  const world = roomWorld();
  const broken = () => Promise.reject(new Error('quota exceeded'));
  const client = await world.connected({ storage: { all: async () => [], put: broken, delete: broken } });
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  const outgoing = client.conversation('room').send('hello');
  await world.clock.until(() => outgoing.state === 'stored');
  await world.clock.advance(100);
  expect(String(errors[0])).toContain('quota exceeded');
});

test('the original event after a lost acknowledgement settles it', async () => {
  const world = roomWorld();
  const client = await world.connected();
  // The frame arrives; the acknowledgement does not.
  const fates = [{ kind: 'arrives' as const, afterMs: 1 }, { kind: 'lost' as const }];
  world.server.network = { next: () => fates.shift() ?? { kind: 'arrives', afterMs: 1 } };
  const outgoing = client.conversation('room').send('hello');
  const states = statesOf(outgoing);
  await world.clock.advance(1_000);
  expect(states).toEqual(['queued', 'stored']);
});

test('closing tells those who wait', async () => {
  const world = roomWorld();
  const client = world.client();
  const outgoing = client.conversation('room').send('hello');
  const failure = outgoing.whenStored().catch((error: unknown) => error);
  await client.close();
  expect(await failure).toMatchObject({ code: 'CLOSED' });
  expect(outgoing.state).toBe('queued');
});

test("somebody else's message of the same messageId is not one's own", async () => {
  const world = roomWorld();
  const client = await world.connected();
  world.server.storeAfterMs = 5_000;
  const outgoing = client.conversation('room').send('mine', { messageId: 'same' });
  world.server.chat.store('bob', { conversationId: 'room', messageId: 'same', content: 'not yours' });
  await world.clock.advance(1_000);
  expect(outgoing.state).toBe('sent');
  await world.clock.advance(5_000);
  expect(outgoing.message).toMatchObject({ seq: 2, content: 'mine' });
});
