/** Edits, deletions and reactions: what is told of them, and that none is missed. */
import { expect, test } from 'vitest';
import type { Message } from '../src/protocol.ts';
import type { Network } from './support/fate.ts';
import { Fixture } from './support/fixture.ts';

const lost: Network = { next: () => ({ kind: 'lost' }) };

/** Alice with her client in a room with three messages: bob's, hers, bob's. */
async function room() {
  const world = new Fixture();
  const { chat } = world.server;
  chat.create('room', 'bob', ['alice']);
  for (const [index, sender] of ['bob', 'alice', 'bob'].entries())
    world.say('room', sender, `message ${index + 1}`);
  const { fetch } = world.server;
  const answers = { afterMs: 0 };
  const client = await world.connected({
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (answers.afterMs > 0) {
        await new Promise<void>((resolve) => world.clock.setTimeout(resolve, answers.afterMs));
      }
      return answer;
    },
  });
  const conversation = client.conversation('room');
  const told: string[] = [];
  client.on('message', (message) => told.push(`new ${shown(message)}`));
  client.on('messageChanged', (message) => told.push(shown(message)));
  return { world, chat, client, conversation, told, answers };
}
type Room = Awaited<ReturnType<typeof room>>;

/** Such as "2: hello 🎉alice". */
function shown({ seq, content, reactions = {} }: Message): string {
  const all = Object.entries(reactions).map(([emoji, users]) => ` ${emoji}${users}`);
  return `${seq}: ${content}${all.join('')}`;
}

async function opened({ world, conversation }: Room) {
  const timeline = conversation.timeline();
  const loading = timeline.loadOlder();
  await world.clock.advance(100);
  await loading;
  return timeline;
}

function lose({ world }: Room, change: () => void): void {
  const { network } = world.server;
  world.server.network = lost;
  change();
  world.server.network = network;
}

const syncs = ({ world }: Room) => world.server.frames.filter(({ action }) => action === 'sync');

test('an edit, a reaction and a deletion are made in this order, and shown where the messages are shown', async () => {
  const all = await room();
  const { world, conversation, told } = all;
  const timeline = await opened(all);
  const changes: string[] = [];
  timeline.on('change', ({ kind, messages }) => changes.push(`${kind} ${messages.map(shown)}`));

  let isTaken = false;
  void conversation.edit(2, 'edited').then(() => {
    isTaken = true;
  });
  void conversation.react(3, '🎉');
  void conversation.react(3, '👍');
  void conversation.unreact(3, '🎉');
  void conversation.delete(2);
  await world.clock.advance(4);
  expect([isTaken, told]).toEqual([true, []]); // Taken, and not made yet.
  await world.clock.advance(1_000);

  const made = [
    '2: edited',
    '3: message 3 🎉alice',
    '3: message 3 🎉alice 👍alice',
    '3: message 3 👍alice',
    '2: ',
  ];
  expect(told).toEqual(made);
  expect(changes).toEqual(made.map((one) => `changed ${one}`));
  expect(timeline.messages.map(shown)).toEqual(['1: message 1', '2: ', '3: message 3 👍alice']);
  expect(timeline.messages[1]).toMatchObject({ deleted: true });
  expect(world.server.frames.filter(({ action }) => action === 'react')).toHaveLength(3);
});

test('the inbox shows the newest message as it is now', async () => {
  const { world, chat, client } = await room();
  const preview = () => client.conversations().get('room')?.lastMessagePreview;
  let changes = 0;
  client.conversations().on('change', () => {
    changes += 1;
  });
  chat.change('room', 'bob', [{ action: 'editMessage', seq: 1, content: 'an old one' }]);
  await world.clock.advance(10);
  expect([preview()?.text, changes]).toEqual(['message 3', 0]);
  chat.change('room', 'bob', [{ action: 'editMessage', seq: 3, content: 'better' }]);
  await world.clock.advance(10);
  expect([preview()?.text, changes]).toEqual(['better', 1]);
  chat.change('room', 'bob', [{ action: 'deleteMessage', seq: 3 }]);
  await world.clock.advance(10);
  expect(preview()).toEqual({ seq: 3, senderId: 'bob', text: '' });
});

test('a row that was read before a change does not undo it in the inbox', async () => {
  const { world, chat, client, answers } = await room();
  answers.afterMs = 100;
  const refreshed = client.conversation('room').refresh();
  await world.clock.advance(10);
  chat.change('room', 'bob', [{ action: 'editMessage', seq: 3, content: 'better' }]);
  await world.clock.advance(1_000);
  expect((await refreshed).lastMessagePreview?.text).toBe('better');
});

test('a state that comes late, or again, is not told', async () => {
  const { world, chat, told } = await room();
  const events: object[] = [];
  const { onPush } = chat;
  chat.onPush = (_userId, event) => events.push(event);
  for (const content of ['one', 'two'])
    chat.change('room', 'bob', [{ action: 'editMessage', seq: 3, content }]);
  // One event for each of the two members.
  const [first = {}, , second = {}] = events;
  for (const event of [second, first, second, first]) onPush('alice', event);
  await world.clock.advance(1_000);
  expect(told).toEqual(['3: two']);
});

test('a lost change is asked for when the next one shows it', async () => {
  const all = await room();
  const { world, chat, told } = all;
  await opened(all);
  const { length } = syncs(all);
  lose(all, () => chat.change('room', 'bob', [{ action: 'editMessage', seq: 1, content: 'lost' }]));
  await world.clock.advance(60_000);
  expect(told).toEqual([]);
  chat.change('room', 'bob', [{ action: 'react', seq: 3, emoji: '👍', op: 'add' }]);
  await world.clock.advance(10);
  expect(told).toEqual(['3: message 3 👍bob', '1: lost']);
  expect(syncs(all).slice(length)).toMatchObject([{ conversations: [{ afterSeq: 3, afterRevision: 0 }] }]);
});

test('changes that were made while away are told after the next connect, page by page', async () => {
  const all = await room();
  const { world, chat, client, told } = all;
  const timeline = await opened(all);
  world.server.isDown = true;
  world.server.cut();
  for (let seq = 4; seq <= 9; seq += 1) world.say('room', 'bob', `message ${seq}`);
  for (const seq of [1, 3, 5, 7, 9])
    chat.change('room', 'bob', [{ action: 'editMessage', seq, content: 'edited' }]);
  world.server.isDown = false;
  let caughtUp = false;
  client.on('caughtUp', () => {
    caughtUp = true;
  });
  await world.clock.until(() => caughtUp);
  expect(timeline.messages).toEqual(chat.messages('room', 'alice'));
  expect(told.filter((one) => !one.startsWith('new')).sort()).toEqual(['1: edited', '3: edited']);
});

test('after a connect one frame asks about fifty conversations with messages, and none about the others', async () => {
  const world = new Fixture();
  for (let index = 1; index <= 70; index += 1) world.server.chat.create(`room-${index}`, 'bob', ['alice']);
  await world.connected();
  for (let index = 1; index <= 60; index += 1) world.say(`room-${index}`, 'bob', 'hello');
  await world.clock.advance(61_000); // A heartbeat, with which it is asked where the server stands.
  const before = world.server.frames.length;
  world.server.cut();
  await world.clock.advance(10_000);
  const asked = world.server.frames
    .slice(before)
    .map(({ conversations }) => (conversations as unknown[] | undefined)?.length);
  expect(asked).toEqual([50, 10]);
});

test('that a message has come is no reason to ask at once: in a large group all would', async () => {
  const all = await room();
  const { world } = all;
  world.say('room', 'bob', 'message 4');
  await world.clock.advance(30_000);
  expect(syncs(all)).toEqual([]);
  await world.clock.advance(31_000);
  expect(syncs(all)).toHaveLength(1);
});

test('a change is not missed between the reading of history and the first answer to where the server stands', async () => {
  const all = await room();
  const { world, chat, conversation, told, answers } = all;
  answers.afterMs = 100;
  const page = conversation.history();
  world.server.refuseNext({ code: 'RATE_LIMITED', retryAfterMs: 200 }, 'sync');
  await world.clock.advance(10);
  lose(all, () => chat.change('room', 'bob', [{ action: 'editMessage', seq: 3, content: 'edited' }]));
  await world.clock.advance(3_000);
  expect((await page).messages.map(shown)).toEqual(['1: message 1', '2: message 2', '3: message 3']);
  expect(told).toEqual(['3: edited']);
});

test('history that was read before a change shows the change', async () => {
  const all = await room();
  const { world, chat, conversation, answers } = all;
  await opened(all);
  answers.afterMs = 100;
  const page = conversation.history();
  await world.clock.advance(10);
  chat.change('room', 'bob', [{ action: 'editMessage', seq: 3, content: 'edited' }]);
  await world.clock.advance(1_000);
  expect((await page).messages.map(shown)).toEqual(['1: message 1', '2: message 2', '3: edited']);
});

test('what has changed while one was no member is told when one is again', async () => {
  const all = await room();
  const { world, chat, told } = all;
  await opened(all);
  chat.remove('room', 'alice');
  chat.change('room', 'bob', [{ action: 'editMessage', seq: 1, content: 'meanwhile' }]);
  await world.clock.advance(1_000);
  expect(told).toEqual([]);
  chat.add('room', 'alice');
  await world.clock.advance(1_000);
  expect(told).toEqual(['1: meanwhile']);
});

test('a change is tried again, and given up where there is no connection for long', async () => {
  const all = await room();
  const { world, conversation, told } = all;
  world.server.refuseNext({ code: 'RATE_LIMITED', retryAfterMs: 2_000 }, 'editMessage');
  const outcome = Promise.allSettled([
    conversation.edit(2, 'first'),
    conversation.edit(2, 'second'),
    conversation.edit(2, ''.padEnd(40_000, 'x')),
  ]);
  await world.clock.advance(5_000);
  expect(told).toEqual(['2: first', '2: second']);
  expect(await outcome).toMatchObject([
    { status: 'fulfilled' },
    { status: 'fulfilled' },
    { reason: { code: 'PAYLOAD_TOO_LARGE' } },
  ]);

  world.server.isDown = true;
  world.server.cut();
  const refused = conversation.delete(2).catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(await refused).toMatchObject({ code: 'UNAVAILABLE' });
});

test('a refusal that comes after the acknowledgement says which message it is about', async () => {
  const { world, client, conversation } = await room();
  const heard: unknown[] = [];
  client.on('changeRefused', ({ action, messageId, error }) => heard.push([action, messageId, error.code]));
  client.on('error', (error) => heard.push(error));
  await Promise.all([conversation.edit(1, 'not mine'), world.clock.advance(1_000)]);
  expect(heard).toEqual([['editMessage', 'said-1', 'FORBIDDEN']]);
  const unknown = conversation.edit(9, 'not there').catch((error: unknown) => error);
  await world.clock.advance(1_000);
  expect(await unknown).toMatchObject({ code: 'NOT_FOUND' });
});
