import { expect, test } from 'vitest';
import { Fixture } from './support/fixture.ts';

async function watching(...userIds: string[]) {
  const world = new Fixture();
  world.server.presence.set('bob', 'online').set('carol', 'offline');
  const client = await world.connected();
  const changes: string[] = [];
  client.presence.on('change', (users) =>
    changes.push(users.map(({ userId, status }) => `${userId} ${status}`).join()),
  );
  const stop = client.presence.watch(userIds);
  await world.clock.advance(10);
  const push = (userId: string, status: 'online' | 'offline') => {
    const users = [{ userId, status, lastSeenAt: world.clock.iso() }];
    world.server.chat.onPush('alice', { type: 'presence', users });
  };
  const asked = () =>
    world.server.frames.filter(({ action }) => action === 'presence').map((frame) => frame['userIds']);
  return { world, client, presence: client.presence, changes, stop, push, asked };
}

test('people are asked about when they are watched; strangers stay unknown', async () => {
  const { presence, changes, asked } = await watching('bob', 'carol', 'nobody');
  expect(asked()).toEqual([['bob', 'carol', 'nobody']]);
  expect(changes).toEqual(['bob online,carol offline']);
  expect(presence.of('bob')).toMatchObject({ status: 'online' });
  expect(presence.of('nobody')).toBeUndefined();
});

test('what the server says by itself counts; who is back within seconds was never gone', async () => {
  const { world, presence, changes, push } = await watching('bob');
  push('bob', 'offline');
  await world.clock.advance(3_000);
  push('bob', 'online');
  await world.clock.advance(10_000);
  expect(changes.every((one) => one === 'bob online')).toBe(true);
  push('bob', 'offline');
  await world.clock.advance(4_900);
  expect(presence.of('bob')?.status).toBe('online');
  await world.clock.advance(200);
  expect(presence.of('bob')?.status).toBe('offline');
  push('carol', 'offline'); // Nothing was known of her, so there is nothing to wait for.
  await world.clock.advance(10);
  expect(presence.of('carol')?.status).toBe('offline');
});

test('after a connect all that are watched are asked about again', async () => {
  const { world, presence, stop, asked } = await watching('bob', 'carol');
  const stopOther = presence.watch(['bob']);
  await world.clock.advance(10);
  stop();
  stop();
  world.server.presence.set('bob', 'offline');
  world.server.cut();
  await world.clock.advance(5_000);
  expect(asked().slice(2)).toEqual([['bob']]);
  expect(presence.of('bob')?.status).toBe('offline');
  stopOther();
  world.server.cut();
  await world.clock.advance(5_000);
  expect(asked()).toHaveLength(3);
});

test('an answer that is older than an event does not undo it', async () => {
  const { world, presence, push } = await watching('bob');
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 100 }) };
  presence.watch(['carol']);
  await world.clock.advance(150); // The answer is made, and on its way.
  world.server.network = { next: () => ({ kind: 'arrives', afterMs: 1 }) };
  push('carol', 'online');
  await world.clock.advance(1_000);
  expect(presence.of('carol')?.status).toBe('online');
});

test('a hundred at most are asked about at once, again where it fails, and not for ever', async () => {
  const { world, client, presence, asked } = await watching();
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  world.server.refuseNext({ code: 'RATE_LIMITED', retryAfterMs: 500 }, 'presence');
  presence.watch(Array.from({ length: 230 }, (_, index) => `user-${index}`));
  await world.clock.advance(10_000);
  expect(asked().map((ids) => (ids as string[]).length)).toEqual([100, 100, 30]);

  world.server.refuseNext({ code: 'BAD_REQUEST' }, 'presence');
  presence.watch(['one', 'two']);
  await world.clock.advance(60_000);
  expect(errors).toMatchObject([{ code: 'BAD_REQUEST' }]);
  expect(asked()).toHaveLength(3);
});

test('those who are watched in a conversation are asked about by its name, apart from the others', async () => {
  const { world, presence, asked } = await watching('carol');
  presence.watch(['bob', 'erin'], 'group');
  presence.watch(['dave']);
  await world.clock.advance(10);
  expect(asked()).toEqual([['carol'], ['bob', 'erin'], ['dave']]);
  const named = world.server.frames.flatMap(({ action, conversationIds }) =>
    action === 'presence' ? [conversationIds] : [],
  );
  expect(named).toEqual([undefined, ['group'], undefined]);
  world.server.cut();
  await world.clock.advance(5_000);
  expect(asked().slice(3)).toEqual([
    ['carol', 'dave'],
    ['bob', 'erin'],
  ]);
});
