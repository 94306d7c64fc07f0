import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  parley = await WebParley.start();
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

test('a new user registers, finds someone by username, and both chat', async () => {
  const eve = await parley.device();
  await eve.button('Create an account').click();
  await eve.page.getByLabel('Username').fill('eve');
  await eve.page.getByLabel('Name', { exact: true }).fill('Eve Adams');
  await eve.page.getByLabel('Password').fill('a password of eve');
  await eve.button('Create account').click();
  await eve.page.getByText('No conversations yet').waitFor();

  await eve.inbox.getByRole('button', { name: 'New message' }).first().click();
  await eve.dialog.getByLabel('To').fill('nobody-here');
  await eve.dialog.getByRole('button', { name: 'Open chat' }).click();
  await eve.dialog.getByText('Nobody here is called “nobody-here”.').waitFor();
  await eve.dialog.getByLabel('To').fill('alice');
  await eve.dialog.getByRole('button', { name: 'Open chat' }).click();
  await eve.composer.waitFor();
  await eve.send('Hello Alice');
  await eve.seesMessage('Hello Alice');

  const hers = await parley.device(alice);
  await hers.open('Eve Adams');
  await hers.seesMessage('Hello Alice');
  await hers.send('Hello Eve');
  await eve.seesMessage('Hello Eve');
  await eve.message('Hello Alice').getByTitle('Read').waitFor();
});

test('two people chat both ways, and the ticks tell what was read', async () => {
  const conversationId = await alice.dm(bob);
  const hers = await parley.device(alice, { hash: `#/c/${conversationId}` });
  const his = await parley.device(bob);
  await hers.send('Lunch?');
  await hers.message('Lunch?').getByTitle('Sent').waitFor();

  // He has not opened it: the message counts as unread, in the row and in the title.
  await his.row('Alice').getByText('1 unread').waitFor();
  await expect.poll(() => his.page.title()).toBe('(1) Parley');
  expect(await his.page.locator('#favicon').getAttribute('href')).toBe('/favicon-unread.svg');
  expect(await hers.message('Lunch?').getByTitle('Read').count()).toBe(0);

  await his.open('Alice');
  await his.seesMessage('Lunch?');
  await his.page.getByText('New messages').waitFor();
  await hers.message('Lunch?').getByTitle('Read').waitFor();
  await expect.poll(() => his.page.title()).toBe('Parley');

  await his.composer.fill('At noon,');
  await his.composer.press('Shift+Enter');
  await his.composer.pressSequentially('downstairs');
  await his.composer.press('Enter');
  await hers.seesMessage('At noon,\ndownstairs');
  await expect.poll(() => hers.page.getByTestId('announcer').textContent()).toBe('Bob: At noon,\ndownstairs');
});

test('another device of the same user shows what the first one sends and reads', async () => {
  const conversationId = await alice.dm(bob);
  const desk = await parley.device(alice, { hash: `#/c/${conversationId}` });
  const phone = await parley.device(alice, { viewport: { width: 360, height: 740 } });
  await desk.send('From my desk');
  await phone.row('Bob').getByText('You: From my desk').waitFor();
  await phone.open('Bob');
  await phone.seesMessage('From my desk');
  await phone.send('From my phone');
  await desk.seesMessage('From my phone');
});

test('a draft stays with its conversation, over others and over a reload', async () => {
  const carol = await parley.register('carol');
  const [withBob, withCarol] = [await alice.dm(bob), await alice.dm(carol)];
  const hers = await parley.device(alice, { hash: `#/c/${withBob}` });
  await hers.composer.fill('Half a thou');
  await hers.goTo(withCarol);
  await expect.poll(() => hers.composer.inputValue()).toBe('');
  await hers.row('Bob').getByText('Half a thou').waitFor();
  await hers.page.reload();
  await hers.goTo(withBob);
  await expect.poll(() => hers.composer.inputValue()).toBe('Half a thou');
});

test('a wrong password, and a link to a conversation of others, are told in words', async () => {
  const dave = await parley.register('dave');
  const theirs = await alice.dm(bob);
  const his = await parley.device(undefined, { hash: `#/c/${theirs}` });
  await his.page.getByLabel('Username').fill('dave');
  await his.page.getByLabel('Password').fill('not his password');
  await his.button('Sign in').click();
  await his.page.getByText('That username and password do not match.').waitFor();
  await his.signIn('dave', dave.password);
  await his.page.getByText('This conversation is not here').waitFor();
});

test('settings of a conversation: pinned first, muted marked and not counted', async () => {
  const frank = await parley.register('frank');
  const gina = await parley.register('gina');
  const withGina = await frank.dm(gina);
  await frank.dm(alice);
  const his = await parley.device(frank, { hash: `#/c/${withGina}/details` });
  // The switch moves when the server has answered, which `check()` would not wait for.
  await his.page.getByRole('switch', { name: 'Pinned' }).click();
  await his.row('Gina').getByText('Pinned').waitFor({ state: 'attached' });
  await expect.poll(() => his.inbox.getByRole('link').first().textContent()).toContain('Gina');
  await his.page.getByLabel('Muted').selectOption('For 8 hours');
  await his.row('Gina').getByText('Muted').waitFor({ state: 'attached' });
  await his.page.evaluate(`location.hash = '#/'`);
  await parley.accept(withGina, [{ from: gina, text: 'Psst' }]);
  await his.row('Gina').getByText('1 unread').waitFor();
  expect(await his.page.title()).toBe('Parley');
});

test('signing out forgets the session, in other tabs too', async () => {
  const hers = await parley.device(alice);
  const tab = await hers.page.context().newPage();
  await tab.goto(parley.url);
  await tab.getByRole('region', { name: 'Inbox' }).waitFor();
  await hers.button(/^Your account/).click();
  await hers.page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
  await hers.page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
  await tab.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
  expect(await hers.page.evaluate('localStorage.length')).toBe(0);
});
