import { expect, test } from 'vitest';
import { Fixture } from './support/fixture.ts';

/** Alice and bob, each with a client in a room. */
async function two() {
  const world = new Fixture();
  world.server.chat.create('room', 'alice', ['bob']);
  const alice = await world.connected();
  const bob = await world.connected({ token: 'bob-token', userId: 'bob' });
  const seen: string[] = [];
  const conversation = bob.conversation('room');
  conversation.on('typing', (userIds) => seen.push(userIds.join()));
  const said = () =>
    world.server.frames.filter(({ action }) => action === 'typing').map(({ state }) => state);
  return {
    world,
    alices: alice,
    alice: alice.conversation('room'),
    bob: conversation,
    bobs: bob,
    seen,
    said,
  };
}

test('who goes on writing says so every three seconds, and once that it is over', async () => {
  const { world, alice, bob, seen, said } = await two();
  for (let stroke = 0; stroke < 40; stroke += 1) {
    alice.setTyping(true);
    await world.clock.advance(250);
  }
  expect(said()).toEqual(['started', 'started', 'started', 'started']);
  expect([bob.typing, bob.typing]).toEqual([['alice'], ['alice']]);
  expect(bob.typing).toBe(bob.typing);
  alice.setTyping(false);
  alice.setTyping(false);
  await world.clock.advance(10);
  expect(said().slice(4)).toEqual(['stopped']);
  expect(bob.typing).toEqual([]);
  expect(seen).toEqual(['alice', '']);
  alice.setTyping(true);
  await world.clock.advance(10);
  expect(bob.typing).toEqual(['alice']);
});

test('who says no more has stopped after six seconds', async () => {
  const { world, alice, bob, seen, said } = await two();
  alice.setTyping(true);
  await world.clock.advance(5_900);
  expect(bob.typing).toEqual(['alice']);
  await world.clock.advance(200);
  expect([bob.typing, seen]).toEqual([[], ['alice', '']]);
  alice.setTyping(false); // Nobody believes it any more.
  await world.clock.advance(10);
  expect(said()).toEqual(['started']);
});

test('a message says that its sender has stopped, and what is written next is said at once', async () => {
  const { world, alice, bob, bobs, seen, said } = await two();
  const all: unknown[] = [];
  bobs.on('typing', ({ conversationId, userIds }) => all.push([conversationId, userIds.length]));
  bob.on('message', ({ content }) => seen.push(content));
  alice.setTyping(true);
  await world.clock.advance(1_000);
  alice.send('hello');
  await world.clock.advance(100);
  expect(seen).toEqual(['alice', '', 'hello']);
  alice.setTyping(true);
  await world.clock.advance(10);
  expect(said()).toEqual(['started', 'started']);
  expect(all).toEqual([
    ['room', 1],
    ['room', 0],
    ['room', 1],
  ]);
});

test('without a connection nothing is said, nothing fails, and nothing is left behind', async () => {
  const { world, alice, bobs, bob } = await two();
  alice.setTyping(true);
  await world.clock.advance(10);
  world.server.isDown = true;
  world.server.cut();
  alice.setTyping(true);
  alice.setTyping(false);
  expect(bob.typing).toEqual(['alice']);
  const closed = bobs.close();
  expect(bob.typing).toEqual([]);
  await closed;
});

test('that one may not say it is no error of the application', async () => {
  const { world, alices, alice, said } = await two();
  const told: unknown[] = [];
  alices.on('error', (error) => told.push(error));
  alices.on('state', (state) => told.push(state));
  world.server.refuseNext({ code: 'RATE_LIMITED', retryAfterMs: 100 }, 'typing');
  alice.setTyping(true);
  await world.clock.advance(20_000);
  expect([told, said()]).toEqual([[], []]);
});
