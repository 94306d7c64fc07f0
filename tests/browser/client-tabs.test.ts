/** The client in real tabs: IndexedDB, Web Locks and BroadcastChannel as a browser has them. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type * as client from '../../client/src/index.ts';
import type { ParleyClient } from '../../client/src/index.ts';
import { bundleForBrowser } from '../../scripts/build-client.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { launchBrowser } from './support/browser.ts';

/** What the test's page has: the client's exports, and the tab's own client. */
type Tab = typeof globalThis & { parley: typeof client; chat: ParleyClient };

let parley: Parley;
let browser: Browser;
let script: string;
let context: BrowserContext;
let ann: Person;
let room: string;
let people = 0;

beforeAll(async () => {
  [parley, browser] = await Promise.all([Parley.start(), launchBrowser()]);
  script = Buffer.from(
    await bundleForBrowser(`import * as parley from '@parley/client'; Object.assign(globalThis, { parley })`),
  ).toString();
});
afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  await parley.close();
});

async function newBrowser(): Promise<void> {
  people += 1;
  ann = await parley.register(`ann${people}`);
  room = await ann.group('Room');
  context = await browser.newContext();
}

async function openTab(): Promise<Page> {
  const page = await context.newPage();
  // Any page of Parley's own origin that has no content security policy.
  await page.goto(`${parley.runtime.url}/v1/health`);
  await page.addScriptTag({ type: 'module', content: script });
  await start(page);
  return page;
}

/** Makes the tab's client; it does not connect. */
async function start(page: Page): Promise<void> {
  await page.waitForFunction(() => 'parley' in globalThis);
  await page.evaluate(
    ({ url, token, userId }) => {
      const tab = globalThis as Tab;
      tab.chat = new tab.parley.ParleyClient({ url, token, userId });
    },
    { url: parley.runtime.url, token: ann.token, userId: ann.id },
  );
}

const connect = (page: Page) => page.evaluate(() => (globalThis as Tab).chat.connect());
const send = (page: Page, contents: string[]) =>
  page.evaluate(
    ({ contents, room }) => {
      for (const content of contents) (globalThis as Tab).chat.conversation(room).send(content);
    },
    { contents, room },
  );
const outgoing = (page: Page) =>
  page.evaluate(() => (globalThis as Tab).chat.outgoing.map(({ content, state }) => `${content} ${state}`));
const allStored = (page: Page) =>
  page.waitForFunction(() => (globalThis as Tab).chat.outgoing.length === 0, undefined, { polling: 50 });

async function stored(): Promise<string[]> {
  const { body } = await ann.api.get<{ items: client.Message[] }>('/messages', {
    conversationId: room,
    after: 0,
    limit: 100,
  });
  return body.items.map(({ content }) => content);
}

/** Frames with a message that reached Parley. */
const sends = () => parley.invocations.filter(({ functionName }) => /send/i.test(functionName)).length;

test('what waits in IndexedDB outlives the tab, shows in every tab, and is sent once', async () => {
  await newBrowser();
  const closed = await openTab();
  await send(closed, ['one', 'two', 'three']);
  // Kept as soon as another tab can read it.
  const second = await openTab();
  await second.waitForFunction(() => (globalThis as Tab).chat.outgoing.length === 3);
  await closed.close();

  const third = await openTab();
  await third.waitForFunction(() => (globalThis as Tab).chat.outgoing.length === 3);
  expect(await outgoing(third)).toEqual(['one queued', 'two queued', 'three queued']);

  const before = sends();
  await Promise.all([connect(second), connect(third)]);
  await Promise.all([allStored(second), allStored(third)]);
  expect(await stored()).toEqual(['one', 'two', 'three']);
  expect(sends() - before).toBe(3);

  const fourth = await openTab();
  expect(await outgoing(fourth)).toEqual([]);
});

test('two tabs that send at the same time send each message once', async () => {
  await newBrowser();
  const [left, right] = [await openTab(), await openTab()];
  await Promise.all([connect(left), connect(right)]);
  const before = sends();
  const contents = (side: string) => [1, 2, 3, 4, 5].map((count) => `${side} ${count}`);
  await Promise.all([send(left, contents('left')), send(right, contents('right'))]);
  await Promise.all([allStored(left), allStored(right)]);
  const all = await stored();
  expect(all.filter((content) => content.startsWith('left'))).toEqual(contents('left'));
  expect(all.filter((content) => content.startsWith('right'))).toEqual(contents('right'));
  expect(sends() - before).toBe(10);
});

test('when the tab that sends is closed another one goes on', async () => {
  await newBrowser();
  const [first, second] = [await openTab(), await openTab()];
  await connect(first);
  await connect(second);
  await send(first, ['by the first']);
  await allStored(first);
  await first.close();
  await send(second, ['by the second']);
  await allStored(second);
  expect(await stored()).toEqual(['by the first', 'by the second']);
});
