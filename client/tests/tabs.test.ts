/** Two tabs of one browser share an outbox; one of them sends. */
import { expect, test } from 'vitest';
import type { ParleyClient } from '../src/client.ts';
import { memoryStorage, type OutboxStorage } from '../src/storage.ts';
import { FakeBrowser } from './support/fake-tabs.ts';
import { Fixture } from './support/fixture.ts';

class TwoTabs {
  readonly world = new Fixture();
  readonly #browser = new FakeBrowser();
  readonly storage: OutboxStorage = { ...memoryStorage(), name: 'shared' };

  constructor() {
    this.world.server.chat.create('room', 'bob', ['alice']);
  }

  open(): Promise<ParleyClient> {
    return this.world.connected({ tabs: this.#browser.tab(), storage: this.storage });
  }

  closed(): ParleyClient {
    return this.world.client({ tabs: this.#browser.tab(), storage: this.storage });
  }

  /** As a third tab. */
  say(message: unknown): void {
    this.#browser
      .tab()
      .channel('parley shared alice', () => undefined)
      .say(message);
  }

  get sent(): unknown[] {
    return this.world.server.frames
      .filter(({ action }) => action === 'sendMessage')
      .map(({ content }) => content);
  }
}

test('a message of either tab is sent once, and both see what becomes of it', async () => {
  const browser = new TwoTabs();
  const first = await browser.open();
  const second = await browser.open();
  const states: string[] = [];
  first.on('outgoing', ({ content, state }) => states.push(`${content} ${state}`));

  const byFirst = first.conversation('room').send('of the first');
  const bySecond = second.conversation('room').send('of the second');
  await browser.world.clock.advance(10_000);
  expect([byFirst.state, bySecond.state]).toEqual(['stored', 'stored']);
  expect(browser.sent.sort()).toEqual(['of the first', 'of the second']);
  expect(states).toContain('of the second queued');
  expect(states).toContain('of the second stored');
  expect(await browser.storage.all()).toEqual([]);
  expect([first.outgoing, second.outgoing]).toEqual([[], []]);
});

test('messages that wait from an earlier run are sent by one tab only', async () => {
  const browser = new TwoTabs();
  const before = browser.closed();
  for (const content of ['one', 'two', 'three']) before.conversation('room').send(content);
  await browser.world.clock.advance(100);
  await before.close();

  await Promise.all([browser.open(), browser.open()]);
  await browser.world.clock.advance(10_000);
  expect(browser.sent).toEqual(['one', 'two', 'three']);
});

test('when the tab that sends goes away another one takes its place', async () => {
  const browser = new TwoTabs();
  const first = await browser.open();
  const second = await browser.open();
  await first.close();
  const outgoing = second.conversation('room').send('still here');
  await browser.world.clock.until(() => outgoing.state === 'stored', 5_000);
  expect(browser.sent).toEqual(['still here']);
});

test('a tab that is offline has its messages sent by another one', async () => {
  const browser = new TwoTabs();
  const online = await browser.open();
  const offline = browser.closed();
  offline.conversation('room').send('from offline');
  await browser.world.clock.advance(5_000);
  expect(browser.world.server.chat.messages('room', 'alice')).toHaveLength(1);
  expect(online.outgoing).toEqual([]);
  await offline.close();
});

test('a failure is seen in both tabs, and either may try again or discard', async () => {
  const browser = new TwoTabs();
  const first = await browser.open();
  const second = await browser.open();
  browser.world.server.refuseNext({ code: 'BAD_REQUEST' });
  second.conversation('room').send('bad');
  await browser.world.clock.advance(1_000);
  expect(first.outgoing.map(({ state }) => state)).toEqual(['failed']);
  expect(second.outgoing.map(({ state, error }) => [state, error?.code])).toEqual([
    ['failed', 'BAD_REQUEST'],
  ]);

  browser.world.server.refuseNext({ code: 'BAD_REQUEST' });
  second.outgoing[0]?.retry();
  await browser.world.clock.advance(1_000);
  expect(browser.sent).toEqual([]);
  expect(first.outgoing.map(({ state }) => state)).toEqual(['failed']);

  first.outgoing[0]?.discard();
  await browser.world.clock.advance(1_000);
  expect(second.outgoing).toEqual([]);
  expect(await browser.storage.all()).toEqual([]);
});

test('a late word of another tab brings nothing back that is stored, and sends nothing twice', async () => {
  const browser = new TwoTabs();
  const client = await browser.open();
  browser.world.server.storeAfterMs = 1_000;
  const outgoing = client.conversation('room').send('hello');
  await browser.world.clock.advance(100);
  expect(outgoing.state).toBe('sent');
  const [record] = await browser.storage.all();
  const late = { put: { ...record, state: 'queued' } };

  browser.say(late);
  await browser.world.clock.advance(100);
  expect(outgoing.state).toBe('sent');
  await browser.world.clock.advance(1_000);
  browser.say(late);
  await browser.world.clock.advance(60_000);
  expect(client.outgoing).toEqual([]);
  expect(browser.sent).toEqual(['hello']);
});

test('where locks are not to be had the tab sends by itself', async () => {
  const world = new Fixture();
  world.server.chat.create('room', 'bob', ['alice']);
  const client = await world.connected({
    storage: { ...memoryStorage(), name: 'shared' },
    tabs: {
      lock: () => Promise.reject(new Error('SecurityError')),
      channel: () => ({ say: () => undefined, close: () => undefined }),
    },
  });
  const outgoing = client.conversation('room').send('hello');
  await world.clock.until(() => outgoing.state === 'stored', 5_000);
});
