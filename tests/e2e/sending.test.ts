import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import { type ChatSocket, newMessageId } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;
let phone: ChatSocket;
let laptop: ChatSocket;
let bobSocket: ChatSocket;
let carolSocket: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  alice = await parley.register('alice');
  bob = await parley.register('bob');
  carol = await parley.register('carol');
  [phone, laptop, bobSocket, carolSocket] = await Promise.all([
    alice.connect(),
    alice.connect(),
    bob.connect(),
    carol.connect(),
  ]);
});
afterAll(() => parley?.close());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

async function stored(conversationId: string): Promise<Message[]> {
  const answer = await alice.api.get<{ items: Message[] }>('/messages', { conversationId, after: 0 });
  return answer.body.items;
}

describe('a message', () => {
  test('is acknowledged, then comes to every device of every member with its seq', async () => {
    const id = await alice.group('Everyone', bob, carol);
    const messageId = newMessageId();
    const content = 'Grüße 👋🏽\n\tfrom the phone';
    const ack = await phone.request({ action: 'sendMessage', conversationId: id, messageId, content });
    expect(ack).toEqual({
      type: 'ack',
      action: 'sendMessage',
      requestId: ack.requestId,
      messageId,
      conversationId: id,
      acceptedAt: time,
    });
    const expected = {
      conversationId: id,
      seq: 1,
      messageId,
      senderId: alice.id,
      type: 'text',
      content,
      createdAt: time,
    };
    for (const socket of [phone, laptop, bobSocket, carolSocket]) {
      const event = await socket.next('message', ({ messages }) => messages[0]?.messageId === messageId);
      expect(event).toEqual({ type: 'message', messages: [expected] });
    }
    // Stored before pushed, and as pushed.
    expect(await stored(id)).toEqual([await phone.message(messageId)]);
  });

  test('does not come to anyone else', async () => {
    const id = await alice.dm(bob);
    await bobSocket.message(await phone.say(id, 'Not for Carol'));
    await carolSocket.message(await phone.say(await alice.dm(carol), 'For Carol'));
    expect(carolSocket.messages(id)).toEqual([]);
  });

  test('may reply to an earlier one', async () => {
    const id = await alice.group('Replies', bob);
    await phone.message(await phone.say(id, 'A question'));
    const frame = {
      conversationId: id,
      messageId: newMessageId(),
      content: 'An answer',
      type: 'text',
      replyTo: 1,
    };
    await bobSocket.request({ action: 'sendMessage', ...frame });
    expect(await laptop.message(frame.messageId)).toEqual({
      ...frame,
      seq: 2,
      senderId: bob.id,
      createdAt: time,
    });
  });

  test('may come while nobody else is connected; it waits in the history', async () => {
    const dave = await parley.register('dave');
    const id = await alice.dm(dave);
    await phone.message(await phone.say(id, 'When you are back'));
    const answer = await dave.api.get<{ items: Message[] }>('/messages', { conversationId: id });
    expect(answer.body.items).toMatchObject([{ seq: 1, content: 'When you are back' }]);
  });
});

describe('order', () => {
  test('two messages, the second after the ack of the first, are stored in that order', async () => {
    const id = await alice.group('In order', bob);
    const contents = ['one', 'two', 'three', 'four', 'five', 'six'];
    let last = '';
    for (const content of contents) last = await phone.say(id, content);
    await bobSocket.message(last);
    expect(bobSocket.messages(id).map(({ seq, content }) => [seq, content])).toEqual(
      contents.map((content, index) => [index + 1, content]),
    );
    expect((await stored(id)).map((message) => message.content)).toEqual(contents);
  });

  test('also across devices of one sender', async () => {
    const id = await alice.group('Two devices', bob);
    await phone.say(id, 'From the phone');
    await bobSocket.message(await laptop.say(id, 'From the laptop'));
    expect((await stored(id)).map((message) => message.content)).toEqual([
      'From the phone',
      'From the laptop',
    ]);
  });
});

describe('a retry', () => {
  test('stores nothing anew, and shows its sender the original again', async () => {
    const id = await alice.group('Retry', bob);
    const messageId = await phone.say(id, 'Did this arrive?');
    const first = await phone.next('message', ({ messages }) => messages[0]?.messageId === messageId);
    await bobSocket.message(messageId);

    await phone.say(id, 'Did this arrive?', messageId);
    expect(await phone.next('message', ({ messages }) => messages[0]?.messageId === messageId)).toEqual(
      first,
    );
    // The next one shows that nothing is on its way any more.
    await bobSocket.message(await phone.say(id, 'It did'));
    expect((await stored(id)).map((message) => message.content)).toEqual(['Did this arrive?', 'It did']);
    expect(bobSocket.messages(id)).toHaveLength(2);
  });

  test('many at once, over sockets and HTTP, are one message', async () => {
    const id = await alice.group('Eager', bob);
    const body = { conversationId: id, messageId: newMessageId(), content: 'Once' };
    const frame = { action: 'sendMessage', ...body };
    await Promise.all([
      phone.request(frame),
      phone.request(frame),
      laptop.request(frame),
      alice.api.post('/messages', body),
      alice.api.post('/messages', body),
    ]);
    await bobSocket.message(await phone.say(id, 'Last'));
    expect((await stored(id)).map(({ seq, content }) => [seq, content])).toEqual([
      [1, 'Once'],
      [2, 'Last'],
    ]);
  });

  test('another sender may use the same messageId', async () => {
    const id = await alice.group('Same id', bob);
    const messageId = newMessageId();
    await phone.say(id, 'Of Alice', messageId);
    await laptop.message(messageId);
    await bobSocket.say(id, 'Of Bob', messageId);
    await laptop.next('message', ({ messages: [first] }) => first?.conversationId === id && first.seq === 2);
    expect(await stored(id)).toMatchObject([
      { seq: 1, messageId, senderId: alice.id, content: 'Of Alice' },
      { seq: 2, messageId, senderId: bob.id, content: 'Of Bob' },
    ]);
  });
});

describe('a messageId used again', () => {
  test.each<[what: string, change: (other: string) => object]>([
    ['with other content', () => ({ content: 'Something else' })],
    ['in another conversation', (other) => ({ conversationId: other })],
  ])('%s is a conflict, told to the sender after the ack', async (_, change) => {
    const id = await alice.group('Conflict', bob);
    const other = await alice.group('Another', bob);
    const original = { conversationId: id, messageId: newMessageId(), content: 'The original' };
    await phone.request({ action: 'sendMessage', ...original });
    await phone.message(original.messageId);
    await phone.request({ action: 'sendMessage', ...original, ...change(other) });
    for (const socket of [phone, laptop]) {
      const error = await socket.next('error', (one) => one.messageId === original.messageId);
      expect(error).toMatchObject({ type: 'error', code: 'CONFLICT', message: expect.stringMatching(/./) });
    }
    // Nothing of it is stored, nor does any of it hold up what follows.
    await bobSocket.message(await phone.say(id, 'Next'));
    await bobSocket.message(await phone.say(other, 'Elsewhere'));
    expect((await stored(id)).map((message) => message.content)).toEqual(['The original', 'Next']);
    expect((await stored(other)).map((message) => message.content)).toEqual(['Elsewhere']);
    expect(bobSocket.received.some((frame) => frame.type === 'error')).toBe(false);
  });
});
