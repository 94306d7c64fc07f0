import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Conversation, Message } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let carol: Person;
let hers: ChatSocket;
let his: ChatSocket;
let groups = 0;
let conversationId: string;

beforeAll(async () => {
  parley = await Parley.start();
});
afterAll(() => parley?.close());

/** A group of Alice, its admin, Bob and Carol, in which Bob has said one and two. New people, for rates are kept by user. */
beforeEach(async () => {
  groups += 1;
  alice = await parley.register(`alice-${groups}`);
  bob = await parley.register(`bob-${groups}`);
  carol = await parley.register(`carol-${groups}`);
  [hers, his] = [await alice.connect(), await bob.connect()];
  conversationId = await alice.group('Readers', bob, carol);
  for (const content of ['one', 'two']) await hers.message(await his.say(conversationId, content));
});

const edit = (content: string, seq = 1) => ({ action: 'editMessage', conversationId, seq, content });
const remove = (seq = 1) => ({ action: 'deleteMessage', conversationId, seq });
const react = (op: 'add' | 'remove', emoji = '👍', seq = 1) => ({
  action: 'react',
  conversationId,
  seq,
  emoji,
  op,
});

/** The next event of a change of that message that a device hears of. */
async function changed(device: ChatSocket, seq = 1): Promise<Message> {
  const event = await device.next('messageChanged', ({ messages }) =>
    messages.some((one) => one.seq === seq),
  );
  const message = event.messages.find((one) => one.seq === seq);
  if (message === undefined) throw new Error('Just seen');
  return message;
}

async function history(
  person: Person,
  query = 'after=0',
): Promise<{ items: Message[]; nextCursor: unknown }> {
  const { body } = await person.api.get<{ items: Message[]; nextCursor: unknown }>(
    `/messages?conversationId=${conversationId}&${query}`,
  );
  return body;
}

describe('editing', () => {
  test('is acknowledged, and every device of every member hears of it', async () => {
    const tablet = await bob.connect();
    const ack = await his.request(edit('uno'));
    expect(ack).toEqual({
      type: 'ack',
      action: 'editMessage',
      requestId: expect.any(String),
      conversationId,
      seq: 1,
      acceptedAt: expect.any(String),
    });
    const copies = await Promise.all([hers, his, tablet].map((device) => changed(device)));
    for (const copy of copies) expect(copy).toEqual(copies[0]);
    const [original] = hers.messages(conversationId);
    expect(copies[0]).toEqual({ ...original, content: 'uno', editedAt: expect.any(String), revision: 1 });
    expect((await history(carol)).items[0]).toEqual(copies[0]);
  });

  test("is refused of others' messages, of what is not there and by strangers", async () => {
    await expect(hers.request(edit('hers'))).rejects.toThrow('FORBIDDEN');
    await expect(his.request(edit('x', 3))).rejects.toThrow('NOT_FOUND');
    const stranger = await parley.register(`stranger-${groups}`);
    const theirs = await stranger.connect();
    for (const frame of [edit('x'), remove(), react('add')]) {
      await expect(theirs.request(frame)).rejects.toThrow('NOT_FOUND');
    }
  });

  test('of the newest message shows in the inbox, which does not move', async () => {
    const before = (await carol.api.get<Conversation>(`/conversations/${conversationId}`)).body;
    await his.request(edit('due', 2));
    await changed(hers, 2);
    const { body } = await carol.api.get<Conversation>(`/conversations/${conversationId}`);
    expect(body.lastMessagePreview).toEqual({ seq: 2, senderId: bob.id, text: 'due' });
    expect([body.lastActivityAt, body.lastSeq, body.unreadCount]).toEqual([
      before.lastActivityAt,
      before.lastSeq,
      before.unreadCount,
    ]);
  });

  test('keeps the order in which its acks came', async () => {
    for (const content of ['first', 'second', 'third']) await his.request(edit(content));
    const { messages } = await hers.next('messageChanged', (event) =>
      event.messages.some(({ revision }) => revision === 3),
    );
    expect(messages.at(-1)).toMatchObject({ content: 'third', revision: 3 });
  });

  test.each([
    { content: '' },
    { content: 'a\u0000' },
    { content: undefined },
    { seq: 0 },
    { seq: '1' },
    { extra: 1 },
  ])('with %j is refused', async (fields) => {
    await expect(his.request({ ...edit('x'), ...fields })).rejects.toThrow('BAD_REQUEST');
  });
});

describe('deleting', () => {
  test('by the sender leaves the place alone', async () => {
    await hers.request(react('add'));
    await changed(hers);
    await his.request(remove());
    expect(await changed(hers)).toEqual({
      ...hers.messages(conversationId)[0],
      content: '',
      deleted: true,
      revision: 2,
    });
    const { items } = await history(carol);
    expect(items.map(({ seq, content }) => [seq, content])).toEqual([
      [1, ''],
      [2, 'two'],
    ]);
  });

  test("by an admin takes any message, and a member may delete nobody else's", async () => {
    const theirs = await carol.connect();
    await expect(theirs.request(remove())).rejects.toThrow('FORBIDDEN');
    await hers.request(remove());
    expect(await changed(theirs)).toMatchObject({ deleted: true });
  });

  test('is for good: no edit and no reaction follows, and a second deletion is none', async () => {
    await his.request(remove());
    await changed(his);
    await expect(his.request(edit('again'))).rejects.toThrow('CONFLICT');
    await expect(hers.request(react('add'))).rejects.toThrow('CONFLICT');
    await his.request(remove());
    expect(await changed(his)).toMatchObject({ deleted: true, revision: 1 });
  });

  test('leaves nothing of it in the inbox', async () => {
    await his.request(remove(2));
    await changed(hers, 2);
    const { body } = await carol.api.get(`/conversations?limit=1`);
    expect(body).toMatchObject({ items: [{ lastMessagePreview: { seq: 2, text: '' } }] });
  });
});

describe('reacting', () => {
  test('is for any member, and counts each once', async () => {
    for (const device of [hers, his]) {
      await device.request(react('add'));
      await changed(device);
    }
    await hers.request(react('add'));
    expect((await changed(hers)).reactions).toEqual({ '👍': [alice.id, bob.id] });
    await his.request(react('remove'));
    await hers.request(react('add', '🎉'));
    const { messages } = await his.next('messageChanged', ({ messages }) => messages[0]?.revision === 4);
    expect(messages[0]?.reactions).toEqual({ '👍': [alice.id], '🎉': [alice.id] });
  });

  test.each(['', 'a', '👍👍', '👍 ', '1', 7])('with the emoji %j is refused', async (emoji) => {
    await expect(hers.request({ ...react('add'), emoji })).rejects.toThrow('BAD_REQUEST');
  });

  test.each(['❤️', '👩🏽‍🚒', '🇩🇪', '1️⃣'])('takes %s', async (emoji) => {
    await hers.request(react('add', emoji));
    expect((await changed(hers)).reactions).toEqual({ [emoji]: [alice.id] });
  });

  test('takes a character with and without its variation selector for the same emoji', async () => {
    await hers.request(react('add', '\u2764'));
    await changed(hers);
    await his.request(react('add', '\u2764\uFE0F'));
    expect((await changed(hers)).reactions).toEqual({ '\u2764\uFE0F': [alice.id, bob.id] });
  });
});

describe('a device that was away', () => {
  test('learns with sync of what has changed, each message once and as it is now', async () => {
    const tablet = await carol.connect();
    const sync = async (afterRevision?: number, limit?: number) => {
      const conversations = [
        { conversationId, afterSeq: 2, ...(afterRevision !== undefined && { afterRevision }) },
      ];
      const { conversations: answers } = await tablet.request(
        { action: 'sync', conversations, limit },
        'sync',
      );
      return answers[0] ?? {};
    };
    expect(await sync(0)).toMatchObject({ lastRevision: 0, messages: [], changed: [], hasMore: false });
    await his.request(edit('uno'));
    await his.request(edit('due', 2));
    await hers.request(react('add'));
    await his.next('messageChanged', (event) => event.lastRevision === 3);

    const { items } = await history(carol);
    expect(await sync(0)).toMatchObject({ lastRevision: 3, changed: [items[1], items[0]], hasMore: false });
    expect(await sync(2)).toMatchObject({ changed: [items[0]], hasMore: false });
    expect(await sync(0, 1)).toMatchObject({ changed: [items[1]], hasMore: true });
    expect(await sync(3)).toMatchObject({ changed: [], hasMore: false });
    expect(await sync()).toMatchObject({ lastRevision: 3, changed: [], hasMore: false });
  });

  test('finds the same page by page over HTTP', async () => {
    await his.request(edit('uno'));
    await his.request(edit('due', 2));
    await his.next('messageChanged', (event) => event.lastRevision === 2);
    const { items } = await history(carol);
    expect(await history(carol, 'changedAfter=0&limit=1')).toEqual({ items: [items[0]], nextCursor: '1' });
    expect(await history(carol, 'changedAfter=1&limit=1')).toEqual({ items: [items[1]], nextCursor: null });
    expect(await history(carol, 'changedAfter=2')).toEqual({ items: [], nextCursor: null });
  });

  test('is told of one bound at a time', async () => {
    for (const other of ['after=0', 'before=9']) {
      const query = `conversationId=${conversationId}&changedAfter=0&${other}`;
      expect((await carol.api.get(`/messages?${query}`)).status).toBe(400);
    }
  });
});

test('the revisions that a device hears of leave no gap', async () => {
  await his.request(edit('uno'));
  await hers.request(react('add', '🎉', 2));
  await his.request(edit('due', 2));
  await hers.request(react('add'));
  await his.next('messageChanged', (event) => event.lastRevision === 4);
  const events = his.received.filter((frame) => frame.type === 'messageChanged');
  const ranges = events.map(({ afterRevision, lastRevision }) => [afterRevision, lastRevision]);
  expect(ranges.map(([after]) => after)).toEqual([0, ...ranges.slice(0, -1).map(([, last]) => last)]);
});

test('a change counts as a message for the rate of its user', async () => {
  const requests = Array.from({ length: 100 }, (_, index) => his.request(edit(`${index}`)).catch(String));
  expect(
    (await Promise.all(requests)).filter((one) => String(one).includes('RATE_LIMITED')).length,
  ).toBeGreaterThan(0);
});
