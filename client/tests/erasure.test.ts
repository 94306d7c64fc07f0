import { expect, test } from 'vitest';
import { memoryStorage } from '../src/storage.ts';
import { calm, storm } from './support/fate.ts';
import { Fixture } from './support/fixture.ts';
import { left } from './support/left-message.ts';

test('an account that is erased leaves nothing on the device but what is another user’s', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const storage = memoryStorage();
  await storage.put(left);
  await storage.put({ ...left, messageId: 'carols', senderId: 'carol' });
  // Nobody has said yet whose client it is.
  const client = world.client({ userId: undefined, storage });
  const waiting = client.conversation('room').send('never sent');
  const outcome = waiting.whenStored().catch((error: unknown) => error);
  const erased = client.eraseAccount(world.server.password);
  await world.clock.advance(1_000);
  await erased;

  expect(world.server.requests).toContain('DELETE /users/me');
  expect((await storage.all()).map(({ messageId }) => messageId)).toEqual(['carols']);
  expect([client.state, client.outgoing, waiting.state]).toEqual(['offline', [], 'discarded']);
  expect(await outcome).toMatchObject({ code: 'CLOSED' });
  expect(world.server.chat.messages('room', 'bob')).toEqual([]);
});

test('where it fails nothing is lost, and it can be repeated', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const storage = memoryStorage();
  const client = world.client({ storage });
  client.conversation('room').send('still here');
  world.server.isDown = true;
  const failed = client.eraseAccount(world.server.password).catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(await failed).toMatchObject({ code: 'UNAVAILABLE' });
  expect(await storage.all()).toHaveLength(1);

  world.server.isDown = false;
  const erased = client.eraseAccount(world.server.password);
  await world.clock.advance(1_000);
  await erased;
  expect(await storage.all()).toEqual([]);
});

test('an answer that is lost does not make a failure of what was done', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const storage = memoryStorage();
  const client = world.client({ storage });
  client.conversation('room').send('never sent');
  world.server.network = storm([calm.next(), { kind: 'lost' }]);
  const erased = client.eraseAccount(world.server.password);
  await world.clock.advance(60_000);
  await erased;
  expect(world.server.requests.filter((request) => request === 'DELETE /users/me')).toHaveLength(2);
  expect(await storage.all()).toEqual([]);
});

test('a wrong password is told, and nothing else happens', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected();
  const failed = client.eraseAccount('not the password').catch((error: unknown) => error);
  await world.clock.advance(1_000);
  expect(await failed).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect([client.state, world.server.tokens.has('alice-token')]).toEqual(['online', true]);
});

test('a wrong password is no erasure either where the first try did not arrive', async () => {
  const world = new Fixture();
  const storage = memoryStorage();
  await storage.put(left);
  const client = world.client({ storage });
  world.server.network = storm([{ kind: 'refused', with: 'UNAVAILABLE' }]);
  const failed = client.eraseAccount('not the password').catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(await failed).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await storage.all()).toHaveLength(1);
});

test('who is erased is not told that the session has ended', async () => {
  const world = new Fixture();
  const client = await world.connected();
  const reasons: unknown[] = [];
  client.on('state', ({ state, reason }) => state === 'offline' && reasons.push(reason));
  // The sockets are closed, and the client has found out why, long before the second answer comes.
  world.server.network = storm([calm.next(), { kind: 'lost' }]);
  const erased = client.eraseAccount(world.server.password);
  await world.clock.advance(60_000);
  await erased;
  expect(reasons).toEqual([undefined]);
});
