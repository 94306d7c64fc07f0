import { expect, test } from 'vitest';
import { ParleyError } from '../src/errors.ts';
import { Fixture } from './support/fixture.ts';

test('a refused token is replaced once by getToken', async () => {
  const world = new Fixture();
  let asked = 0;
  const client = await world.connected({
    token: 'expired',
    getToken: () => {
      asked += 1;
      return 'alice-token';
    },
  });
  expect(client.state).toBe('online');
  expect(asked).toBe(1);
});

test('a second refusal ends in offline, with the reason', async () => {
  const world = new Fixture();
  let asked = 0;
  const client = world.client({
    token: 'expired',
    getToken: async () => {
      asked += 1;
      return 'expired too';
    },
  });
  const failure = client.connect().catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(await failure).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(client.state).toBe('offline');
  expect(client.reason).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(asked).toBe(1);
});

test('without getToken a refused token ends in offline', async () => {
  const world = new Fixture();
  const client = world.client({ token: 'expired' });
  const failure = client.connect().catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(await failure).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(client.state).toBe('offline');
});

test('a session that ends while online goes offline with the reason, and may come back', async () => {
  const world = new Fixture();
  const tokens = ['worthless', 'alice-token-2'];
  const client = await world.connected({ getToken: () => tokens.shift() ?? '' });
  world.server.tokens.delete('alice-token');
  world.server.cut();
  await world.clock.until(() => client.state === 'offline');
  expect(client.reason).toMatchObject({ code: 'UNAUTHENTICATED' });

  world.server.tokens.set('alice-token-2', 'alice');
  const back = client.connect();
  await world.clock.until(() => client.state === 'online');
  await back;
});

test('a getToken that fails for now is a failed attempt; one that gives up ends them', async () => {
  const world = new Fixture();
  const answers = [new Error('no network'), new ParleyError('UNAUTHENTICATED', 'signed out')];
  const client = world.client({
    token: undefined,
    getToken: () => {
      throw answers.shift();
    },
  });
  const failure = client.connect().catch((error: unknown) => error);
  await world.clock.advance(100);
  expect(client.state).toBe('connecting');
  expect(client.reason).toMatchObject({ code: 'UNAVAILABLE', message: 'no network' });
  await world.clock.advance(5_000);
  expect(await failure).toMatchObject({ code: 'UNAUTHENTICATED', message: 'signed out' });
});

test('requests that are refused together ask for one token', async () => {
  const world = new Fixture();
  let asked = 0;
  const client = await world.connected({
    getToken: () => {
      asked += 1;
      return new Promise((resolve) => world.clock.setTimeout(() => resolve('alice-token-2'), 50));
    },
  });
  world.server.tokens.delete('alice-token');
  world.server.tokens.set('alice-token-2', 'alice');
  const all = Promise.all([client.me(), client.me(), client.me()]);
  await world.clock.advance(1_000);
  expect((await all).map(({ userId }) => userId)).toEqual(['alice', 'alice', 'alice']);
  expect(asked).toBe(1);
});

test('a token whose end is known is renewed at half of its life', async () => {
  const world = new Fixture();
  const expiresAt = new Date(world.clock.now() + 2 * 60 * 60_000).toISOString();
  const client = await world.connected({ expiresAt });
  const sessions: string[] = [];
  client.on('session', ({ token }) => sessions.push(token));
  await world.clock.advance(58 * 60_000);
  expect(sessions).toEqual([]);
  await world.clock.advance(5 * 60_000);
  expect(sessions).toHaveLength(1);

  // The new one is in use.
  world.server.tokens.delete('alice-token');
  world.server.cut();
  await world.clock.until(() => client.state === 'online');
});

test('whose client it is is asked where it was not said', async () => {
  const world = new Fixture();
  const client = await world.connected({ userId: undefined });
  expect(client.userId).toBe('alice');
});

test('says what is missing among the options', () => {
  const world = new Fixture();
  expect(() => world.client({ token: undefined })).toThrow('Pass `token`, `getToken`, or both.');
});
