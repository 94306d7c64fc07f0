import { expect, test } from 'vitest';
import { Fixture } from './support/fixture.ts';

test('connects, catches up, and sends', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  world.say('room', 'bob', 'one');
  const client = await world.connected();
  expect([...client.conversations()].map((row) => row.unreadCount)).toEqual([1]);

  const heard: string[] = [];
  client.on('message', ({ content, seq }) => heard.push(`${seq} ${content}`));
  const outgoing = client.conversation('room').send('two');
  world.say('room', 'bob', 'three');
  await world.clock.until(() => outgoing.state === 'stored');
  expect(heard).toEqual(['2 three', '3 two']);
  expect(client.outgoing).toEqual([]);
});
