/** The client against a whole Parley: functions, tables, stream and gateway of the embedded runtime. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Message, ParleyClient, type ParleyOptions, type SignedIn } from '../../client/src/index.ts';
import { defaultRateLimits } from '../../shared/domain/rate-limit.ts';
import { Parley } from '../support/parley.ts';
import { happening } from './support/happening.ts';

let parley: Parley;
const clients: ParleyClient[] = [];
let people = 0;

beforeAll(async () => {
  parley = await Parley.start({
    environment: {
      // This file sends more in a second than a person does.
      RATE_LIMIT_SETTINGS: JSON.stringify({
        ...defaultRateLimits,
        messages: { perSecond: 1_000, burst: 1_000 },
        registrations: null,
      }),
    },
  });
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(() => parley.close());

/** Signs somebody new up. */
async function register(name: string): Promise<SignedIn & { password: string }> {
  people += 1;
  const password = 'correct horse battery';
  const signedIn = await ParleyClient.register({
    url: parley.runtime.url,
    username: `${name}${people}`,
    password,
    displayName: name,
  });
  return { ...signedIn, password };
}

/** Another device of that person. */
function device(person: SignedIn, options: Partial<ParleyOptions> = {}): ParleyClient {
  const client = new ParleyClient({
    url: parley.runtime.url,
    token: person.token,
    userId: person.user.userId,
    ...options,
  });
  clients.push(client);
  return client;
}

async function connected(person: SignedIn, options: Partial<ParleyOptions> = {}): Promise<ParleyClient> {
  const client = device(person, options);
  await client.connect();
  return client;
}

test('two people chat both ways, and a third device sees it all', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const [anns, bens] = [await connected(ann), await connected(ben, { WebSocket })];

  const conversation = await anns.createDm(ben.user.userId);
  expect(conversation.info?.peer?.displayName).toBe('Ben');
  const heardByBen = bens.conversation(conversation.id).messages();
  const hello = conversation.send('Hello Ben');
  expect((await heardByBen.next()).value).toMatchObject({ seq: 1, content: 'Hello Ben' });
  expect(await hello.whenStored()).toMatchObject({ seq: 1 });

  const heardByAnn = happening(anns, 'message', ({ content }) => content === 'Hello Ann');
  bens.conversation(conversation.id).send('Hello Ann', { replyTo: 1 });
  expect(await heardByAnn).toMatchObject({ seq: 2, replyTo: 1, senderId: ben.user.userId });

  const third = await connected(ann);
  expect([...third.conversations()].map(({ lastSeq, unreadCount }) => [lastSeq, unreadCount])).toEqual([
    [2, 1],
  ]);
  const { messages } = await third.conversation(conversation.id).history();
  expect(messages.map(({ content }) => content)).toEqual(['Hello Ben', 'Hello Ann']);
});

test('read markers reach the other member and the other devices', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const anns = await connected(ann);
  const conversation = await anns.createDm(ben.user.userId);
  const [bens, bensPhone] = [await connected(ben), await connected(ben)];
  await conversation.send('one').whenStored();

  if (bens.conversations().unreadMessages === 0) await happening(bens, 'message');
  const readByBen = happening(conversation, 'read', ({ userId }) => userId === ben.user.userId);
  const readOnPhone = happening(
    bensPhone.conversation(conversation.id),
    'info',
    (info) => info.unreadCount === 0,
  );
  await bens.conversation(conversation.id).markRead();
  expect(bens.conversations().unreadMessages).toBe(0);
  expect(await readByBen).toMatchObject({ seq: 1 });
  expect(conversation.readSeq(ben.user.userId)).toBe(1);
  await readOnPhone;
});

test('groups: making, adding, promoting, renaming, leaving', async () => {
  const [ann, ben, cat] = [await register('Ann'), await register('Ben'), await register('Cat')];
  const [anns, bens, cats] = [await connected(ann), await connected(ben), await connected(cat)];

  const toldBen = happening(bens.conversations(), 'change', (inbox) => inbox.items.length === 1);
  const group = await anns.createGroup({ title: 'Trio', memberIds: [ben.user.userId] });
  await toldBen;

  const toldCat = happening(cats.conversations(), 'change', (inbox) => inbox.items.length === 1);
  expect(await group.addMembers([cat.user.userId])).toMatchObject([{ displayName: 'Cat' }]);
  await toldCat;
  expect((await group.members()).map(({ displayName }) => displayName).sort()).toEqual(['Ann', 'Ben', 'Cat']);
  const all: string[] = [];
  for await (const { displayName } of group.allMembers()) all.push(displayName);
  expect(all.sort()).toEqual(['Ann', 'Ben', 'Cat']);

  const renamed = happening(cats.conversation(group.id), 'info', ({ title }) => title === 'Three');
  await group.rename('Three');
  await renamed;

  const promoted = happening(bens.conversation(group.id), 'info', ({ role }) => role === 'admin');
  await group.setRole(ben.user.userId, 'admin');
  await promoted;

  await expect(cats.conversation(group.id).rename('Mine')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const removed = happening(cats.conversation(group.id), 'removed');
  await bens.conversation(group.id).removeMember(cat.user.userId);
  await removed;
  expect(cats.conversations().items).toEqual([]);
  await expect(cats.conversation(group.id).history()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(cats.conversation(group.id).send('Still here?').whenStored()).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });

  await group.leave();
  expect(anns.conversations().items).toEqual([]);
});

test('settings are one’s own and reach the other devices', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const [anns, annsPhone] = [await connected(ann), await connected(ann)];
  const first = await anns.createDm(ben.user.userId);
  const second = await anns.createGroup({ title: 'Newer' });
  expect(anns.conversations().items.map(({ conversationId }) => conversationId)).toEqual([
    second.id,
    first.id,
  ]);

  const onPhone = happening(annsPhone.conversation(first.id), 'info', ({ pinned }) => pinned);
  const mutedUntil = '2099-01-01T00:00:00.000Z';
  expect(await first.updateSettings({ pinned: true, mutedUntil })).toMatchObject({
    pinned: true,
    mutedUntil,
  });
  await onPhone;
  for (const client of [anns, annsPhone]) {
    expect(client.conversations().items[0]?.conversationId).toBe(first.id);
  }
});

test('what was missed is told after connecting, page by page, in order and once', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const anns = await connected(ann);
  const dm = await anns.createDm(ben.user.userId);
  const bens = device(ben);
  await bens.connect();
  const heard: string[] = [];
  bens.on('message', ({ conversationId, seq }) => heard.push(`${conversationId} ${seq}`));

  await bens.close();
  const group = await anns.createGroup({ title: 'New', memberIds: [ben.user.userId] });
  // All at once, in whatever order they get: more than one page of `sync`.
  const count = 120;
  const api = parley.api(ann.token);
  const stored = happening(
    anns,
    'message',
    ({ conversationId, seq }) => conversationId === dm.id && seq === count,
  );
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      api.post('/messages', { conversationId: dm.id, messageId: `m-${index}`, content: `message ${index}` }),
    ),
  );
  await group.send('of a new conversation').whenStored();
  await stored;

  const reconnected = bens.connect();
  // More come while it catches up.
  const more = dm.send('one more');
  await reconnected;
  await more.whenStored();
  if (!heard.includes(`${dm.id} ${count + 1}`))
    await happening(bens, 'message', ({ seq }) => seq === count + 1);
  expect(heard.filter((one) => one.startsWith(dm.id))).toEqual(
    Array.from({ length: count + 1 }, (_, index) => `${dm.id} ${index + 1}`),
  );
  expect(heard).toContain(`${group.id} 1`);

  const timeline = bens.conversation(dm.id).timeline();
  while (timeline.hasOlder) await timeline.loadOlder();
  const read: Message[] = [];
  for await (const message of bens.conversation(dm.id).messages({ after: 0 })) {
    read.push(message);
    if (message.seq === count + 1) break;
  }
  expect(timeline.messages).toEqual(read);
  expect(new Set(read.map(({ messageId }) => messageId)).size).toBe(count + 1);
});

test('three messages that were written offline arrive once each, in order', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const anns = await connected(ann);
  const dm = await anns.createDm(ben.user.userId);
  await anns.close();
  const written = ['one', 'two', 'three'].map((content) => dm.send(content));
  expect(written.map(({ state }) => state)).toEqual(['queued', 'queued', 'queued']);
  void anns.connect();
  await Promise.all(written.map((message) => message.whenStored()));
  const { messages } = await dm.history();
  expect(messages.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
});

test('errors of the server are the caller’s, with their code', async () => {
  const ann = await register('Ann');
  const anns = await connected(ann);
  await expect(
    ParleyClient.login({ url: parley.runtime.url, username: ann.user.username, password: 'wrong wrong' }),
  ).rejects.toMatchObject({ name: 'ParleyError', code: 'UNAUTHENTICATED' });
  await expect(
    ParleyClient.register({ url: parley.runtime.url, username: ann.user.username, password: 'long enough' }),
  ).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(anns.createDm(ann.user.userId)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(anns.conversation('cnv_none').history()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(anns.conversation('cnv_none').markRead(1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const refused = anns.conversation('cnv_none').send('hello');
  await expect(refused.whenStored()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(refused.state).toBe('failed');
});

test('an edit, a reaction and a deletion reach the other member, and a device that was away', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const [anns, bens, bensPhone] = [await connected(ann), await connected(ben), await connected(ben)];
  const dm = await anns.createDm(ben.user.userId);
  const phoneHas = happening(bensPhone, 'message', ({ seq }) => seq === 3);
  for (const content of ['one', 'two', 'three']) await dm.send(content).whenStored();
  await phoneHas;
  const onPhone = bensPhone.conversation(dm.id).timeline();
  await onPhone.loadOlder();
  await bensPhone.close();

  const timeline = bens.conversation(dm.id).timeline();
  await timeline.loadOlder();
  const deleted = happening(bens, 'messageChanged', (message) => message.deleted === true);
  await dm.edit(1, 'One!');
  await bens.conversation(dm.id).react(1, '👍');
  await dm.delete(3);
  await deleted;
  expect(timeline.messages).toMatchObject([
    { content: 'One!', revision: 2, reactions: { '👍': [ben.user.userId] } },
    { content: 'two' },
    { content: '', revision: 3 },
  ]);
  expect(bens.conversations().get(dm.id)?.lastMessagePreview).toMatchObject({ seq: 3, text: '' });

  await bensPhone.connect();
  expect(onPhone.messages).toEqual(timeline.messages);
  expect(bensPhone.conversations().get(dm.id)?.lastMessagePreview?.text).toBe('');
  const { messages } = await bensPhone.conversation(dm.id).history();
  expect(messages).toEqual(timeline.messages);
});

test('a change that may not be made is refused', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const [anns, bens] = [await connected(ann), await connected(ben)];
  const dm = await anns.createDm(ben.user.userId);
  await dm.send('mine').whenStored();
  await expect(dm.edit(9, 'not there')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(bens.conversation(dm.id).edit(1, 'not mine')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const deleted = happening(anns, 'messageChanged');
  await dm.delete(1);
  await deleted;
  await expect(dm.react(1, '👍')).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('who is writing is shown to the other until their message is there', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const [anns, bens] = [await connected(ann), await connected(ben)];
  const dm = await anns.createDm(ben.user.userId);
  const seen = bens.conversation(dm.id);
  const begun = happening(seen, 'typing');
  dm.setTyping(true);
  expect(await begun).toEqual([ann.user.userId]);
  const over = happening(seen, 'typing');
  const message = happening(seen, 'message');
  dm.send('done');
  expect(await over).toEqual([]);
  expect(await message).toMatchObject({ content: 'done' });
});

test('who is online is known of whom one shares a conversation with, and told as it changes', async () => {
  const [ann, ben, cat] = [await register('Ann'), await register('Ben'), await register('Cat')];
  const anns = await connected(ann);
  await anns.createDm(ben.user.userId);
  const known = happening(anns.presence, 'change');
  anns.presence.watch([ben.user.userId, cat.user.userId]);
  expect(await known).toEqual([{ userId: ben.user.userId, status: 'offline', lastSeenAt: null }]);
  const came = happening(anns.presence, 'change');
  await connected(ben);
  expect(await came).toMatchObject([{ userId: ben.user.userId, status: 'online' }]);
  expect(anns.presence.of(cat.user.userId)).toBeUndefined();
});

test('profiles: one’s own, by name, by id', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const anns = await connected(ann);
  expect(await anns.updateProfile({ displayName: 'Anna' })).toMatchObject({ displayName: 'Anna' });
  expect(await anns.me()).toMatchObject({ userId: ann.user.userId, displayName: 'Anna' });
  expect(await anns.findUser(ben.user.username)).toMatchObject({ userId: ben.user.userId });
  expect(await anns.findUser('nobody-of-that-name')).toBeUndefined();
  await anns.createDm(ben.user.userId);
  expect(await anns.profiles([ben.user.userId])).toMatchObject([{ displayName: 'Ben' }]);
});

test('a changed password keeps this session and ends the others; signing out everywhere ends all', async () => {
  const ann = await register('Ann');
  const [laptop, phone] = [await connected(ann), await connected(ann)];
  const phoneOffline = happening(phone, 'state', ({ state }) => state === 'offline');
  await expect(
    laptop.changePassword({ currentPassword: 'not this one', newPassword: 'another long one' }),
  ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(laptop.state).toBe('online');

  const newToken = happening(laptop, 'session');
  await laptop.changePassword({ currentPassword: ann.password, newPassword: 'another long one' });
  const { token } = await newToken;
  expect((await phoneOffline).reason).toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(laptop.me()).resolves.toMatchObject({ userId: ann.user.userId });

  const tablet = await connected({ ...ann, token });
  const tabletOffline = happening(tablet, 'state', ({ state }) => state === 'offline');
  await laptop.signOutEverywhere();
  expect(laptop.state).toBe('offline');
  expect((await tabletOffline).reason).toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('sessions are listed with their devices; signing out ends one, and another can be ended from afar', async () => {
  const ann = await register('Ann');
  const { username } = ann.user;
  const signIn = async (deviceName: string) => {
    const { url } = parley.runtime;
    return connected(await ParleyClient.login({ url, username, password: ann.password, deviceName }));
  };
  const [laptop, phone, tablet] = [await signIn('Laptop'), await signIn('Phone'), await signIn('Tablet')];
  const named = await laptop.sessions();
  expect(named.map(({ deviceName }) => deviceName)).toHaveLength(4);
  expect(named.filter(({ current }) => current)).toMatchObject([{ deviceName: 'Laptop' }]);

  expect(await tablet.signOut()).toBe(true);
  const phones = named.find(({ deviceName }) => deviceName === 'Phone')?.sessionId ?? '';
  const phoneOffline = happening(phone, 'state', ({ state }) => state === 'offline');
  await laptop.endSession(phones);
  expect((await phoneOffline).reason).toMatchObject({ code: 'UNAUTHENTICATED' });

  const left = await laptop.sessions();
  expect(left.map(({ deviceName }) => deviceName)).toEqual(['Laptop', null]);
  expect(laptop.state).toBe('online');
});

test('an erased account is gone, and what it said is empty to the others', async () => {
  const [ann, ben] = [await register('Ann'), await register('Ben')];
  const [anns, annsPhone, bens] = [await connected(ann), await connected(ann), await connected(ben)];
  const dm = await anns.createDm(ben.user.userId);
  await dm.send('a secret').whenStored();
  const emptied = happening(bens, 'messageChanged');
  const phoneOffline = happening(annsPhone, 'state', ({ state }) => state === 'offline');
  await expect(anns.eraseAccount('not this one')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(anns.state).toBe('online');
  await anns.eraseAccount(ann.password);
  expect(anns.state).toBe('offline');
  expect((await phoneOffline).reason).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await emptied).toMatchObject({ seq: 1, content: '', deleted: true });
  const { username } = ann.user;
  await expect(
    ParleyClient.login({ url: parley.runtime.url, username, password: ann.password }),
  ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a refused token at the handshake is replaced once by getToken', async () => {
  const ann = await register('Ann');
  let asked = 0;
  const client = await connected(ann, {
    token: 'not-a-token',
    getToken: () => {
      asked += 1;
      return ann.token;
    },
  });
  expect(client.state).toBe('online');
  expect(asked).toBe(1);
});
