/** How a session ends, and what is left of it on the device. */
import { expect, test } from 'vitest';
import { ParleyError } from '../src/errors.ts';
import type { Fetch } from '../src/http.ts';
import { memoryStorage } from '../src/storage.ts';
import { FakeBrowser } from './support/fake-tabs.ts';
import { Fixture } from './support/fixture.ts';
import { left } from './support/left-message.ts';

function world(): Fixture {
  const fixture = new Fixture();
  fixture.server.chat.create('room', 'alice', ['bob']);
  return fixture;
}

async function filled() {
  const storage = memoryStorage();
  await storage.put(left);
  await storage.put({ ...left, messageId: 'carols', senderId: 'carol' });
  const ids = async () => (await storage.all()).map(({ messageId }) => messageId);
  return { storage, ids };
}

test('sessions are listed, and another one is ended', async () => {
  const fixture = world();
  const { clock, server } = fixture;
  const client = await fixture.connected();
  server.tokens.set('alice-phone', 'alice');
  const listed = client.sessions();
  await clock.advance(100);
  expect((await listed).map(({ sessionId, current }) => [sessionId, current])).toEqual([
    ['alice-token', true],
    ['alice-phone', false],
  ]);
  const ended = client.endSession('alice-phone');
  await clock.advance(100);
  await ended;
  expect(server.tokens.has('alice-phone')).toBe(false);
  expect(client.state).toBe('online');
});

test('signing out ends the session on the server, and leaves nothing of the user on the device', async () => {
  const fixture = world();
  const { storage, ids } = await filled();
  const client = await fixture.connected({ storage, getToken: () => 'alice-token-2' });
  const over = client.signOut();
  await fixture.clock.advance(1_000);
  expect(await over).toBe(true);
  expect(fixture.server.tokens.has('alice-token')).toBe(false);
  expect(await ids()).toEqual(['carols']);
  expect([client.state, client.outgoing]).toEqual(['offline', []]);

  // Nor is another token asked for.
  const again = client.connect().catch((error: unknown) => error);
  await fixture.clock.advance(1_000);
  expect(await again).toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('the request goes on when the page is left', async () => {
  const fixture = world();
  const asked: unknown[] = [];
  const fetch: Fetch = (url, init) => {
    if (init.method === 'DELETE') asked.push(init.keepalive);
    return fixture.server.fetch(url, init);
  };
  const client = await fixture.connected({ fetch });
  const over = client.signOut();
  expect(asked).toEqual([true]);
  await fixture.clock.advance(1_000);
  await over;
});

test('without a connection everything goes from the device at once, and it is said that the server did not hear', async () => {
  const fixture = world();
  const { storage, ids } = await filled();
  const client = fixture.client({ storage });
  const waiting = client.conversation('room').send('never sent');
  fixture.server.isDown = true;
  const over = client.signOut();
  await fixture.clock.advance(10);
  expect(await ids()).toEqual(['carols']);
  expect(waiting.state).toBe('discarded');
  await fixture.clock.advance(60_000);
  expect(await over).toBe(false);
});

test('signing out of a session that has ended already is no failure', async () => {
  const fixture = world();
  const client = await fixture.connected();
  fixture.server.tokens.delete('alice-token');
  const over = client.signOut();
  await fixture.clock.advance(1_000);
  expect(await over).toBe(true);
});

test('who it is, is asked where nobody has said: what earlier runs have left goes too', async () => {
  const fixture = world();
  const { storage, ids } = await filled();
  const over = fixture.client({ storage, userId: undefined }).signOut();
  await fixture.clock.advance(1_000);
  await over;
  expect(await ids()).toEqual(['carols']);
});

test('signing out everywhere changes nothing where it fails', async () => {
  const fixture = world();
  const { storage, ids } = await filled();
  const client = fixture.client({ storage });
  fixture.server.isDown = true;
  const failed = client.signOutEverywhere().catch((error: unknown) => error);
  await fixture.clock.advance(120_000);
  expect(await failed).toMatchObject({ code: 'UNAVAILABLE' });
  expect(await ids()).toEqual(['left', 'carols']);
});

test('other tabs drop what was waiting', async () => {
  const fixture = world();
  const browser = new FakeBrowser();
  const storage = { ...memoryStorage(), name: 'outbox' };
  const [here, there] = [browser.tab(), browser.tab()].map((tabs) => fixture.client({ storage, tabs }));
  if (here === undefined || there === undefined) throw new Error('Two tabs were opened');
  const waiting = there.conversation('room').send('never sent');
  await fixture.clock.advance(10);
  const over = here.signOut();
  await fixture.clock.advance(1_000);
  await over;
  expect([waiting.state, there.outgoing]).toEqual(['discarded', []]);
});

test.each(['sendMessage', 'heartbeat', 'typing', 'markRead'])(
  'a session that ended elsewhere is noticed by the answer to %s, though the socket stays open',
  async (action) => {
    const fixture = world();
    const { server, clock } = fixture;
    fixture.say('room', 'bob', 'hello');
    const storage = memoryStorage();
    const client = await fixture.connected({ storage });
    const room = client.conversation('room');
    server.tokens.delete('alice-token');
    server.refuseNext({ code: 'UNAUTHENTICATED' }, action);
    const message = action === 'sendMessage' ? room.send('not lost') : undefined;
    if (action === 'typing') room.setTyping(true);
    if (action === 'markRead') room.markRead().catch(() => undefined);
    await clock.until(() => client.state === 'offline');
    expect(client.reason).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(server.sockets.size).toBe(0);

    // What waited is kept, in case that the same user signs in again …
    if (message === undefined) return;
    expect(message.state).toBe('queued');
    await client.close();
    expect(await storage.all()).toMatchObject([{ content: 'not lost', state: 'queued' }]);
    server.tokens.set('alice-again', 'alice');
    const again = await fixture.connected({ storage, token: 'alice-again' });
    await clock.until(() => again.outgoing.length === 0);
    expect(server.chat.asStored('room').map(({ content }) => content)).toEqual(['hello', 'not lost']);
  },
);

test('… unless the application wants it to go', async () => {
  const fixture = world();
  const { storage, ids } = await filled();
  const client = await fixture.connected({ storage });
  fixture.server.tokens.delete('alice-token');
  fixture.server.cut();
  await fixture.clock.until(() => client.state === 'offline');
  await client.forget();
  expect(await ids()).toEqual(['carols']);
});

test('a token of another session takes the place of one that ended', async () => {
  const fixture = world();
  const client = await fixture.connected({ getToken: () => 'alice-again' });
  fixture.server.tokens.delete('alice-token');
  fixture.server.tokens.set('alice-again', 'alice');
  fixture.server.refuseNext({ code: 'UNAUTHENTICATED' });
  const message = client.conversation('room').send('in the next session');
  await fixture.clock.until(() => message.state === 'stored');
  expect(client.state).toBe('online');
});

test('renewing stops with the session, and that is no error of anything else', async () => {
  const fixture = world();
  const expiresAt = new Date(fixture.clock.now() + 10 * 60_000).toISOString();
  const client = await fixture.connected({ expiresAt });
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  fixture.server.tokens.delete('alice-token');
  await fixture.clock.until(() => client.state === 'offline');
  expect(client.reason).toBeInstanceOf(ParleyError);
  await fixture.clock.advance(60 * 60_000);
  expect(fixture.server.requests.filter((request) => request === 'POST /token')).toHaveLength(1);
  expect(errors).toEqual([]);
});
