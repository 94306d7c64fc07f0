import { expect, test } from 'vitest';
import { Fixture } from './support/fixture.ts';

const inboxReads = (world: Fixture) =>
  world.server.requests.filter((one) => one === 'GET /conversations').length;

/** Twelve conversations, a minute apart; the inbox comes three a page. */
async function twelve() {
  const world = new Fixture();
  for (let index = 1; index <= 12; index += 1) {
    world.server.chat.create(`room-${index}`, 'bob', ['alice']);
    await world.clock.advance(60_000);
  }
  const client = await world.connected();
  const heard: string[] = [];
  client.on('message', ({ conversationId, seq }) => heard.push(`${conversationId} ${seq}`));
  world.server.requests.length = 0;
  return { world, client, heard };
}

function lose(world: Fixture, change: () => void): void {
  const { network } = world.server;
  world.server.network = { next: () => ({ kind: 'lost' }) };
  change();
  world.server.network = network;
}

test('the first time the whole inbox is read, and nothing is told that was there before', async () => {
  const { client, heard } = await twelve();
  expect(client.conversations().items).toHaveLength(12);
  expect(heard).toEqual([]);
});

test('soon after, it is read only as far as something may have happened', async () => {
  const { world, client, heard } = await twelve();
  world.server.isDown = true;
  world.server.cut();
  world.say('room-4', 'bob', 'hello');
  world.server.chat.create('room-13', 'bob', ['alice']);
  world.say('room-13', 'bob', 'new');
  await world.clock.advance(1_000);
  world.server.isDown = false;
  await world.clock.until(() => client.state === 'online');
  await world.clock.advance(1_000);
  expect(heard.sort()).toEqual(['room-13 1', 'room-4 1']);
  expect(inboxReads(world)).toBe(2);
});

test('after a while it is read to its end, which shows what was left meanwhile', async () => {
  const { world, client } = await twelve();
  await world.clock.advance(9 * 60_000);
  world.server.isDown = true;
  world.server.cut();
  world.server.chat.remove('room-2', 'alice');
  await world.clock.advance(2 * 60_000);
  world.server.isDown = false;
  world.server.requests.length = 0;
  await world.clock.until(() => client.state === 'online');
  await world.clock.advance(1_000);
  expect(inboxReads(world)).toBe(4);
  expect(client.conversations().get('room-2')).toBeUndefined();
  expect(client.conversations().items).toHaveLength(11);
});

test('tells when it has caught up, after what was missed', async () => {
  const { world, client, heard } = await twelve();
  const order: unknown[] = [];
  client.on('caughtUp', () => order.push([...heard]));
  world.server.cut();
  for (let count = 1; count <= 8; count += 1) world.say('room-1', 'bob', `${count}`);
  await world.clock.until(() => order.length > 0);
  expect(order).toEqual([[1, 2, 3, 4, 5, 6, 7, 8].map((seq) => `room-1 ${seq}`)]);
});

test('messages that come in the middle of catching up are told in their place', async () => {
  const { world, client, heard } = await twelve();
  world.server.cut();
  for (let count = 1; count <= 8; count += 1) world.say('room-1', 'bob', `${count}`);
  await world.clock.until(() => client.state === 'online');
  for (let count = 9; count <= 14; count += 1) {
    world.say('room-1', 'bob', `${count}`);
    await world.clock.advance(1);
  }
  await world.clock.advance(1_000);
  expect(heard).toEqual(Array.from({ length: 14 }, (_, index) => `room-1 ${index + 1}`));
});

test('fifty conversations at most are asked for in one frame', async () => {
  const world = new Fixture();
  for (let index = 1; index <= 60; index += 1) world.server.chat.create(`room-${index}`, 'bob', ['alice']);
  const client = await world.connected();
  let count = 0;
  client.on('message', () => {
    count += 1;
  });
  world.server.cut();
  for (let index = 1; index <= 60; index += 1) world.say(`room-${index}`, 'bob', 'hello');
  await world.clock.advance(60_000);
  expect(count).toBe(60);
  const asked = world.server.frames.map(
    ({ conversations }) => (conversations as unknown[] | undefined)?.length ?? 0,
  );
  expect(Math.max(...asked)).toBeLessThanOrEqual(50);
});

test('a lost event that a later one hides is found within minutes', async () => {
  const { world, heard } = await twelve();
  lose(world, () => world.say('room-1', 'bob', 'lost'));
  await world.clock.advance(10);
  world.say('room-2', 'bob', 'later');
  await world.clock.advance(8 * 60_000);
  expect(heard).toEqual(['room-2 1', 'room-1 1']);
});

test('a conversation whose event was lost is met with its first message', async () => {
  const { world, client, heard } = await twelve();
  lose(world, () => world.server.chat.create('room-13', 'bob', ['alice']));
  world.say('room-13', 'bob', 'one');
  lose(world, () => undefined);
  await world.clock.advance(1_000);
  expect(heard).toEqual(['room-13 1']);
  expect(client.conversations().get('room-13')).toMatchObject({ lastSeq: 1 });
});

test('messages of a conversation one has left are of no interest', async () => {
  const { world, client, heard } = await twelve();
  world.server.chat.remove('room-3', 'alice');
  await world.clock.advance(10);
  const message = {
    conversationId: 'room-3',
    seq: 1,
    messageId: 'late',
    senderId: 'bob',
    type: 'text',
    content: 'late',
    createdAt: world.clock.iso(),
  };
  world.server.chat.onPush('alice', { type: 'message', messages: [message] });
  await world.clock.advance(60_000);
  expect(heard).toEqual([]);
  expect(client.conversations().get('room-3')).toBeUndefined();
  expect(world.server.requests.filter((one) => one === 'GET /conversations/room-3')).toHaveLength(1);
});

test('nothing is read again and again when nothing happens', async () => {
  const { world } = await twelve();
  await world.clock.advance(60 * 60_000);
  expect(world.server.requests).toEqual([]);
});

test('a lost word about a title is made good when the socket is renewed', async () => {
  const { world, client } = await twelve();
  lose(world, () => world.server.chat.rename('room-5', 'New title'));
  await world.clock.advance(2 * 60 * 60_000);
  expect(client.conversations().get('room-5')?.title).toBe('New title');
});

test('an answer that comes after the next connect does not stand for that one’s', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const { fetch } = world.server;
  let isFirst = true;
  const client = world.client({
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (!isFirst) return answer;
      isFirst = false;
      await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 3_000));
      return answer;
    },
  });
  const heard: number[] = [];
  client.on('message', ({ seq }) => heard.push(seq));
  void client.connect();
  await world.clock.advance(1_000);
  world.server.cut();
  world.say('room', 'bob', 'while away');
  await world.clock.advance(5_000);
  expect(client.conversations().get('room')).toMatchObject({ lastSeq: 1 });
});

test('a refusal that no waiting mends is told, and tried again all the same', async () => {
  const { world, client, heard } = await twelve();
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  lose(world, () => world.say('room-1', 'bob', 'one'));
  world.server.refuseNext({ code: 'INTERNAL' }, 'sync');
  world.say('room-1', 'bob', 'two');
  await world.clock.advance(5_000);
  expect(errors).toMatchObject([{ code: 'INTERNAL' }]);
  expect(heard).toEqual(['room-1 1', 'room-1 2']);
});
