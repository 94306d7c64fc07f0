import { expect, test } from 'vitest';
import type { ParleyClient } from '../src/client.ts';
import type { StateChange } from '../src/connection.ts';
import { settled } from './support/fake-clock.ts';
import { Fixture } from './support/fixture.ts';

function changesOf(client: ParleyClient): StateChange[] {
  const changes: StateChange[] = [];
  client.on('state', (change) => changes.push(change));
  return changes;
}

test.each([
  { random: 0, waits: [500, 500, 500, 500, 500, 500, 500, 500] },
  { random: 0.5, waits: [750, 1_000, 1_500, 2_500, 4_500, 8_500, 16_500, 20_000] },
  { random: 1, waits: [1_000, 1_500, 2_500, 4_500, 8_500, 16_500, 20_000, 20_000] },
])(
  'waits between attempts from half a second up to twenty: $random of the jitter',
  async ({ random, waits }) => {
    const world = new Fixture();
    world.server.isDown = true;
    const client = world.client({ random: () => random });
    const waited: number[] = [];
    client.on('state', ({ retryAt }) => {
      if (retryAt !== undefined) waited.push(retryAt - world.clock.now());
    });
    const connected = client.connect().catch((error: unknown) => error);
    await world.clock.until(() => waited.length >= waits.length);
    expect(waited.slice(0, waits.length)).toEqual(waits);
    expect(client.state).toBe('connecting');
    expect(client.reason?.code).toBe('UNAVAILABLE');

    await client.close();
    expect(await connected).toMatchObject({ code: 'CLOSED' });
  },
);

test('tries at once when the network is back or the tab is looked at', async () => {
  const world = new Fixture();
  let up = (): void => undefined;
  const client = await world.connected({
    random: () => 0.999,
    signals: {
      watch: (tell) => {
        up = tell.up;
        return () => undefined;
      },
    },
  });
  world.server.isDown = true;
  world.server.cut();
  await world.clock.advance(60_000);
  expect(client.state).toBe('connecting');

  world.server.isDown = false;
  const before = world.clock.now();
  up();
  await world.clock.until(() => client.state === 'online');
  expect(world.clock.now() - before).toBeLessThan(200);
});

test('goes to connecting at once when the network is gone for certain', async () => {
  const world = new Fixture();
  let down = (): void => undefined;
  const client = await world.connected({
    signals: {
      watch: (tell) => {
        down = tell.down;
        return () => undefined;
      },
    },
  });
  down();
  await settled();
  expect(client.state).toBe('connecting');
  expect(world.server.sockets.size).toBe(0);
});

test('sends a heartbeat every minute', async () => {
  const world = new Fixture();
  const client = await world.connected();
  await world.clock.advance(10 * 60_000 + 30_000);
  expect(world.server.frames.filter(({ action }) => action === 'heartbeat')).toHaveLength(10);
  expect(client.state).toBe('online');
});

test('notices a dead peer ten seconds after the heartbeat that was not answered', async () => {
  const world = new Fixture();
  const client = await world.connected();
  const changes = changesOf(client);
  world.server.vanish();
  await world.clock.until(() => changes.length > 0, 80_000);
  await world.clock.until(() => client.state === 'online', 2_000);
});

test('looks at once whether anybody is there when a reply does not come', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected();
  world.server.vanish();
  const outgoing = client.conversation('room').send('hello');
  // Ten seconds for the message, ten for the heartbeat.
  await world.clock.until(() => client.state === 'connecting', 21_000);
  await world.clock.until(() => outgoing.state === 'stored', 5_000);
  expect(world.server.chat.messages('room', 'alice')).toHaveLength(1);
});

test('renews the socket before two hours are over, without a moment between', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected();
  const changes = changesOf(client);
  const heard: number[] = [];
  client.on('message', ({ seq }) => heard.push(seq));

  for (let minute = 1; minute <= 7 * 60; minute += 1) {
    await world.clock.advance(60_000);
    for (const socket of [...world.server.sockets]) {
      if (world.clock.now() - socket.openedAt >= 2 * 60 * 60_000) socket.end();
    }
    world.say('room', 'bob', `minute ${minute}`);
  }
  await world.clock.advance(1_000);

  expect(changes).toEqual([]);
  expect(world.server.handshakes).toBe(4);
  expect(heard).toEqual(Array.from({ length: 7 * 60 }, (_, index) => index + 1));
});

test('events over the old socket still count while the new one takes over', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected();
  const heard: number[] = [];
  client.on('message', ({ seq }) => heard.push(seq));
  await world.clock.until(() => world.server.sockets.size === 2, 2 * 60 * 60_000);

  world.say('room', 'bob', 'over both');
  await world.clock.advance(1_000);
  expect(heard).toEqual([1]);
  await world.clock.advance(10_000);
  expect(world.server.sockets.size).toBe(1);
});

test('a renewal that fails is tried again while the old socket lives', async () => {
  const world = new Fixture();
  const client = await world.connected();
  const changes = changesOf(client);
  await world.clock.advance(100 * 60_000);
  world.server.isDown = true;
  await world.clock.advance(14 * 60_000);
  world.server.isDown = false;
  await world.clock.advance(60_000);
  expect(changes).toEqual([]);
  expect(client.state).toBe('online');
  await world.clock.advance(60_000);
  expect(Math.max(...[...world.server.sockets].map(({ openedAt }) => openedAt))).toBeGreaterThan(
    world.clock.now() - 10 * 60_000,
  );
});

test('a connection that is lost during its renewal leaves one socket', async () => {
  const world = new Fixture();
  const client = await world.connected();
  await world.clock.advance(109 * 60_000);
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 3_000 }) };
  await world.clock.until(() => world.server.connecting.size > 0);
  for (const socket of [...world.server.sockets]) socket.end();
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 1 }) };
  await world.clock.advance(60_000);
  expect(client.state).toBe('online');
  expect(world.server.sockets.size).toBe(1);
});

test('the old socket waits for what was asked on it', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  world.say('room', 'bob', 'hello');
  const client = await world.connected();
  await world.clock.advance(109 * 60_000);
  const taking = (afterMs: number) => ({ next: () => ({ kind: 'arrives' as const, afterMs }) });
  world.server.network = taking(1_000);
  await world.clock.until(() => world.server.connecting.size > 0);
  world.server.network = taking(9_000);
  const moved = client.conversation('room').markRead();
  world.server.network = taking(1);
  let isMoved = false;
  void moved.then(() => {
    isMoved = true;
  });
  await world.clock.until(() => world.server.sockets.size === 2);
  // Longer than the old socket is kept for events alone.
  await world.clock.advance(7_000);
  expect([isMoved, world.server.sockets.size]).toEqual([false, 2]);
  await world.clock.advance(2_000);
  expect(isMoved).toBe(true);
  expect(world.server.sockets.size).toBe(1);
  expect(world.server.frames.filter(({ action }) => action === 'markRead')).toHaveLength(1);
});

test('after a connection that lasted, the first attempt comes soon again', async () => {
  const world = new Fixture();
  const client = await world.connected();
  const waited: number[] = [];
  client.on('state', ({ retryAt }) => {
    if (retryAt !== undefined) waited.push(retryAt - world.clock.now());
  });
  for (let round = 1; round <= 3; round += 1) {
    world.server.cut();
    await world.clock.advance(60_000);
  }
  expect(waited).toEqual([750, 750, 750]);
});

test('connections that are lost as soon as they are made are not made again and again without a pause', async () => {
  const world = new Fixture();
  const client = await world.connected();
  const waited: number[] = [];
  client.on('state', ({ state, retryAt }) => {
    if (retryAt !== undefined) waited.push(retryAt - world.clock.now());
    if (state === 'online') world.clock.setTimeout(() => world.server.cut(), 100);
  });
  world.server.cut();
  await world.clock.advance(20_000);
  expect(waited.slice(0, 5)).toEqual([750, 1_000, 1_500, 2_500, 4_500]);
});

test('whoever looks at the tab has a dead connection noticed within ten seconds', async () => {
  const world = new Fixture();
  let up = (): void => undefined;
  const client = await world.connected({
    signals: {
      watch: (tell) => {
        up = tell.up;
        return () => undefined;
      },
    },
  });
  world.server.vanish();
  await world.clock.advance(1_000);
  up();
  await world.clock.until(() => client.state === 'connecting', 10_100);
});

test('close ends everything: socket, timers, iterators', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected();
  const messages = client.conversation('room').messages();
  const next = messages.next();
  await client.close();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(client.state).toBe('offline');
  expect(client.reason).toBeUndefined();
  expect(world.server.sockets.size).toBe(0);
  expect(world.clock.pending).toBe(0);
});

test('connects again after close', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected();
  await client.close();
  const outgoing = client.conversation('room').send('for later');
  let isThere = false;
  void client.connect().then(() => {
    isThere = true;
  });
  await world.clock.until(() => isThere);
  await world.clock.until(() => outgoing.state === 'stored');
});

test('a socket that is lost at the moment it opens is opened again', async () => {
  const world = new Fixture();
  const { server } = world;
  let count = 0;
  class Fleeting extends server.WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      count += 1;
      if (count > 1) return;
      const opened = Object.getOwnPropertyDescriptor(this, 'onopen');
      expect(opened).toBeDefined();
      let handler: ((event: never) => void) | null = null;
      Object.defineProperty(this, 'onopen', {
        get: () => (event: never) => {
          handler?.(event);
          server.cut();
        },
        set: (given) => {
          handler = given;
        },
      });
    }
  }
  const client = await world.connected({ WebSocket: Fleeting });
  expect(count).toBe(2);
  expect(client.state).toBe('online');
});
