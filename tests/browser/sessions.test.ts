/** Where somebody is signed in, and what is left in a browser when that has ended. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../support/api-client.ts';
import type { Person } from '../support/person.ts';
import { Secrets } from '../support/secrets.ts';
import type { ChatPage } from './support/chat-page.ts';
import { WebParley } from './support/web-parley.ts';

const ended = 'Your session has ended. Sign in again.';

let parley: WebParley;
let bob: Person;
let people = 0;
let alice: Person;
let conversationId: string;

beforeAll(async () => {
  parley = await WebParley.start();
  bob = await parley.register('bob');
});
beforeEach(async () => {
  people += 1;
  alice = await parley.register(`alice-${people}`);
  conversationId = await alice.dm(bob);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

async function fromMenu(chat: ChatPage, item: string): Promise<void> {
  await chat.button(/^Your account/).click();
  await chat.page.getByRole('menuitem', { name: item, exact: true }).click();
}

const signInView = (page: Page) => page.getByRole('heading', { name: 'Sign in to Parley' });

/** As somebody has who copied it out of the browser. */
async function apiWithTokenOf(chat: ChatPage): Promise<ApiClient> {
  const token = await chat.page.evaluate<string>(`JSON.parse(localStorage.getItem('parley.session')).token`);
  return new ApiClient(parley.url, new Secrets(), token);
}

/** A draft in one conversation, and in another a message that cannot leave. */
async function withWords(): Promise<ChatPage> {
  const group = await alice.group('Readers', bob);
  const hers = await parley.device(alice, {
    hash: `#/c/${conversationId}`,
    before: (page) =>
      page.routeWebSocket(/\/connect$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((frame) => {
          if (!String(frame).includes('"sendMessage"')) server.send(frame);
        });
      }),
  });
  await hers.composer.fill('A draft of Alice');
  await hers.goTo(group);
  await hers.send('An unsent message of Alice');
  await expect.poll(() => kept(hers.page)).toMatchObject({ drafts: 1, messages: 1 });
  return hers;
}

/** Counts what the browser holds of anybody. */
const count = `(async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let messages = 0;
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      messages += await done(database.transaction(store).objectStore(store).count());
    }
    database.close();
  }
  const drafts = Object.keys(localStorage).filter((key) => key.startsWith('parley.draft.')).length;
  return { drafts, messages, session: localStorage.getItem('parley.session') !== null };
})()`;

function kept(page: Page): Promise<{ drafts: number; messages: number; session: boolean }> {
  return page.evaluate(count);
}

const nothing = { drafts: 0, messages: 0, session: false };

test('signing out ends the session on the server, and not only in the browser', async () => {
  const hers = await parley.device(alice);
  const copied = await apiWithTokenOf(hers);
  expect((await copied.get('/users/me')).status).toBe(200);
  await fromMenu(hers, 'Sign out');
  await signInView(hers.page).waitFor();
  await expect.poll(async () => (await copied.get('/users/me')).status).toBe(401);
  expect((await alice.api.get('/users/me')).status).toBe(200);
});

test('what is not sent goes when its writer signs out, who is asked first', async () => {
  const hers = await withWords();
  await fromMenu(hers, 'Sign out');
  await hers.dialog.getByText('Some of your messages are not sent yet.').waitFor();
  await hers.dialog.getByRole('button', { name: 'Sign out' }).click();
  await signInView(hers.page).waitFor();
  await expect.poll(() => kept(hers.page)).toEqual(nothing);
});

test('without a connection everything goes from the browser, and it is said that the server did not hear', async () => {
  const hers = await parley.device(alice, { hash: `#/c/${conversationId}` });
  await hers.composer.fill('A draft of Alice');
  const copied = await apiWithTokenOf(hers);
  await hers.page.context().setOffline(true);
  await fromMenu(hers, 'Sign out');
  await signInView(hers.page).waitFor();
  await expect.poll(() => kept(hers.page)).toEqual(nothing);
  await hers.page.getByText('Parley could not be reached to end the session').waitFor();
  expect((await copied.get('/users/me')).status).toBe(200);
});

test('the list names the devices, and a session that is ended there asks for the password', async () => {
  const phone = await parley.device(alice, {
    userAgent: 'Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0',
  });
  const hers = await parley.device(alice);
  await fromMenu(hers, 'Devices');
  const list = hers.dialog.getByRole('list', { name: 'Where you are signed in' });
  const here = list.getByRole('listitem').filter({ hasText: 'This device' });
  await here.getByText('Chrome on Linux').waitFor();
  expect(await here.getByRole('button').count()).toBe(0);
  const his = list.getByRole('listitem').filter({ hasText: 'Firefox on Android' });
  await his.getByText('Signed in just now').waitFor();
  await his.getByText('Last used just now').waitFor();
  // That of the test's own requests has said no name.
  await list.getByText('Unnamed device').waitFor();

  const button = list.getByRole('button', { name: 'Sign out Firefox on Android' });
  await button.focus();
  await hers.page.keyboard.press('Enter');
  await hers.dialog.getByText('Firefox on Android is signed out.').waitFor({ state: 'attached' });
  expect(await list.getByRole('listitem').count()).toBe(2);
  expect(await hers.page.evaluate(`document.activeElement.getAttribute('aria-label')`)).toBe(
    'Where you are signed in',
  );
  await signInView(phone.page).waitFor();
  await phone.page.getByText(ended).waitFor();

  await hers.page.keyboard.press('Escape');
  await hers.dialog.waitFor({ state: 'detached' });
  await hers.row('Bob').waitFor();
});

test('signing out everywhere is asked for twice, and ends this session too', async () => {
  const phone = await parley.device(alice);
  const hers = await parley.device(alice);
  await fromMenu(hers, 'Devices');
  await hers.button('Sign out everywhere').click();
  await hers.button('Sign out on all').click();
  for (const { page } of [hers, phone]) await signInView(page).waitFor();
  expect((await alice.api.get('/users/me')).status).toBe(401);
  expect(await kept(hers.page)).toEqual(nothing);
});

test('what keeps the list from being shown is told', async () => {
  const hers = await parley.device(alice, {
    before: (page) =>
      page.route('**/v1/users/me/sessions', (route) =>
        route.fulfill({ status: 500, json: { code: 'INTERNAL', detail: 'Not today.' } }),
      ),
  });
  await fromMenu(hers, 'Devices');
  await hers.dialog.getByRole('alert').getByText('Could not load your devices').waitFor();
});

test.each([
  ['on another device', () => alice.api.post('/logout')],
  [
    'by a changed password',
    () =>
      alice.api.put('/users/me/password', {
        currentPassword: alice.password,
        newPassword: 'another correct horse',
      }),
  ],
  ['by an erasure', () => alice.erase()],
])('drafts and unsent messages leave every tab when the session ended %s', async (_how, end) => {
  const hers = await withWords();
  const tab = await hers.page.context().newPage();
  await tab.goto(parley.url);
  await tab.getByRole('region', { name: 'Inbox' }).waitFor();
  expect((await end()).status).toBeLessThan(300);
  for (const page of [hers.page, tab]) {
    await signInView(page).waitFor();
    await page.getByText(ended).waitFor();
  }
  await expect.poll(() => kept(hers.page)).toEqual(nothing);
});

test('they leave when the page opens after the session has ended', async () => {
  const hers = await withWords();
  const { page } = hers;
  await page.evaluate(
    `localStorage.setItem('parley.session', localStorage.getItem('parley.session').replace(
      /"expiresAt":"[^"]*"/, '"expiresAt":"2020-01-01T00:00:00.000Z"'))`,
  );
  await page.reload();
  await signInView(page).waitFor();
  await expect.poll(() => kept(page)).toEqual(nothing);
});

test('a tab of a session that has ended leaves alone what another tab has begun since', async () => {
  const hers = await parley.device(alice);
  const tab = await hers.page.context().newPage();
  await tab.goto(parley.url);
  await tab.getByRole('region', { name: 'Inbox' }).waitFor();
  await fromMenu(hers, 'Sign out');
  await signInView(tab).waitFor();
  await hers.signIn(alice.user.username, alice.password);
  // It follows.
  await tab.getByRole('region', { name: 'Inbox' }).waitFor();
  await hers.open('Bob');
  await hers.send('In the new session');
  await hers.seesMessage('In the new session');
  expect((await (await apiWithTokenOf(hers)).get('/users/me')).status).toBe(200);
});
