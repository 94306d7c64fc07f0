import { expect, test } from 'vitest';
import { settled } from './support/fake-clock.ts';
import { Fixture } from './support/fixture.ts';

async function inboxWorld() {
  const world = new Fixture();
  for (const name of ['first', 'second', 'third', 'fourth', 'fifth']) {
    world.server.chat.create(name, 'bob', ['alice']);
    await world.clock.advance(1_000);
  }
  const client = await world.connected();
  const titles = () => client.conversations().items.map(({ conversationId }) => conversationId);
  return { world, client, inbox: client.conversations(), titles };
}

test('is there whole after connecting, newest activity first', async () => {
  const { inbox, titles } = await inboxWorld();
  expect(inbox.isLoaded).toBe(true);
  expect(titles()).toEqual(['fifth', 'fourth', 'third', 'second', 'first']);
  expect([...inbox]).toEqual(inbox.items);
});

test('a message lifts its conversation; a pinned one stays on top', async () => {
  const { world, client, titles } = await inboxWorld();
  world.say('second', 'bob', 'hello');
  await world.clock.advance(10);
  expect(titles()).toEqual(['second', 'fifth', 'fourth', 'third', 'first']);

  const pinning = client.conversation('first').updateSettings({ pinned: true });
  await world.clock.advance(10);
  expect(await pinning).toMatchObject({ pinned: true });
  world.say('third', 'bob', 'hello');
  await world.clock.advance(10);
  expect(titles()).toEqual(['first', 'third', 'second', 'fifth', 'fourth']);
});

test('counts what is unread, over all and without the muted ones', async () => {
  const { world, inbox } = await inboxWorld();
  for (const room of ['first', 'first', 'second']) world.say(room, 'bob', 'hello');
  await world.clock.advance(10);
  expect([inbox.unreadMessages, inbox.unreadConversations]).toEqual([3, 2]);
  expect(inbox.unmutedUnreadMessages).toBe(3);
  expect(inbox.get('first')?.unreadCount).toBe(2);

  world.server.chat.mute('first', 'alice', new Date(world.clock.now() + 60_000).toISOString());
  await world.clock.advance(10);
  expect([inbox.unreadMessages, inbox.unmutedUnreadMessages]).toEqual([3, 1]);
  await world.clock.advance(60_000);
  expect(inbox.unmutedUnreadMessages).toBe(3);
});

test('changes that come together are told once, and unchanged rows stay the same objects', async () => {
  const { world, inbox } = await inboxWorld();
  const before = inbox.items;
  let changes = 0;
  inbox.on('change', () => {
    changes += 1;
  });
  world.say('first', 'bob', 'hello');
  await world.clock.advance(10);
  await settled();
  expect(changes).toBe(1);
  expect(inbox.items).not.toBe(before);
  expect(inbox.items).toBe(inbox.items);
  expect(inbox.items.filter((row) => before.includes(row))).toHaveLength(4);
});

test('shows new conversations, and those that were left no more', async () => {
  const { world, titles } = await inboxWorld();
  world.server.chat.create('sixth', 'bob', ['alice']);
  world.server.chat.remove('third', 'alice');
  await world.clock.advance(10);
  expect(titles()).toEqual(['sixth', 'fifth', 'fourth', 'second', 'first']);
});
