import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Conversation, Message } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

const senders = 8;
const messagesEach = 15;
const total = senders * messagesEach;

let parley: Parley;
let people: Person[];
let sockets: ChatSocket[];
let id: string;

beforeAll(async () => {
  parley = await Parley.start();
  people = [];
  for (let index = 0; index < senders; index += 1) people.push(await parley.register(`sender-${index}`));
  sockets = await Promise.all(people.map((person) => person.connect()));
  const [first, ...others] = people;
  id = (await first?.group('Busy', ...others)) ?? '';

  // Every sender waits for its own acks, none for another's.
  await Promise.all(
    sockets.map(async (socket, sender) => {
      for (let index = 0; index < messagesEach; index += 1) {
        const messageId = await socket.say(id, `${sender}:${index}`);
        // Some are retried at once, as after a lost ack.
        if (index % 5 === sender % 5) await socket.say(id, `${sender}:${index}`, messageId);
      }
    }),
  );
  await Promise.all(sockets.map((socket) => allOf(socket)));
});
afterAll(() => parley?.close());

/** Waits until the socket has heard of every message. */
async function allOf(socket: ChatSocket): Promise<void> {
  while (new Set(socket.messages(id).map((message) => message.seq)).size < total)
    await socket.next('message');
}

const seqs = Array.from({ length: total }, (_, index) => index + 1);

/** As a client does it: ordered by seq, repeats dropped. */
function assembled(messages: Message[]): Message[] {
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

async function history(person: Person): Promise<Message[]> {
  const found: Message[] = [];
  for (let after: string | null = '0'; after !== null; ) {
    const query: Record<string, string> = { conversationId: id, after };
    const { body } = await person.api.get<{ items: Message[]; nextCursor: string | null }>(
      '/messages',
      query,
    );
    found.push(...body.items);
    after = body.nextCursor;
  }
  return found;
}

test('everyone sees every message once, in one dense order', async () => {
  const [first] = people;
  const stored = first === undefined ? [] : await history(first);
  expect(stored.map((message) => message.seq)).toEqual(seqs);
  expect(new Set(stored.map((message) => message.content)).size).toBe(total);
  for (const socket of sockets) expect(assembled(socket.messages(id))).toEqual(stored);
});

test('no event tells two things of one seq, and each ascends within itself', () => {
  for (const socket of sockets) {
    for (const frame of socket.received) {
      if (frame.type !== 'message') continue;
      const found = frame.messages.map((message) => message.seq);
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    }
    const ids = new Map<number, string>();
    for (const { seq, messageId } of socket.messages(id)) {
      expect(ids.get(seq) ?? messageId).toBe(messageId);
      ids.set(seq, messageId);
    }
  }
});

test("each sender's messages are in the order of its acks", async () => {
  const [socket] = sockets;
  const contents = assembled(socket?.messages(id) ?? []).map((message) => message.content);
  for (let sender = 0; sender < senders; sender += 1) {
    const own = contents.filter((content) => content.startsWith(`${sender}:`));
    expect(own).toEqual(Array.from({ length: messagesEach }, (_, index) => `${sender}:${index}`));
  }
});

test('inbox rows agree with the messages', async () => {
  const [socket] = sockets;
  const stored = assembled(socket?.messages(id) ?? []);
  for (const person of people) {
    const { body } = await person.api.get<Conversation>(`/conversations/${id}`);
    const own = stored.filter((message) => message.senderId === person.id).at(-1)?.seq ?? 0;
    expect(body).toMatchObject({ lastSeq: total, lastReadSeq: own, unreadCount: total - own });
    expect(body.lastMessagePreview?.seq).toBe(total);
  }
});
