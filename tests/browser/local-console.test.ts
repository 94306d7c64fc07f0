import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../shared/protocol/entities.ts';
import type { Person } from '../support/person.ts';
import { accessibilityFaults } from './support/accessibility-faults.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let alice: Person;
let conversationId: string;
const messageId = 'followed-through-the-console';
beforeAll(async () => {
  parley = await WebParley.start();
  alice = await parley.register('alice');
  const bob = await parley.register('bob');
  const opened = await alice.api.post<Conversation>('/conversations', { type: 'DM', memberIds: [bob.id] });
  conversationId = opened.body.conversationId;
  await alice.api.post('/messages', { conversationId, messageId, content: 'look at me' });
  await parley.untilStored(alice, conversationId, 1);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

test('shows what was counted, how long functions ran, and that no queue fills', async () => {
  const page = await parley.localConsole('#overview');
  await page.getByRole('row', { name: /MessagesStored/ }).waitFor();
  expect(await page.getByRole('row', { name: /MessagesStored/ }).innerText()).toMatch(/\b1$/);
  expect(await page.getByRole('row', { name: /stream-deliver/ }).innerText()).toMatch(/\d ms/);
  expect(
    await page
      .getByRole('row', { name: /DeadLetters/ })
      .first()
      .innerText(),
  ).toMatch(/0\s+0$/);
});

test('goes on counting while it is looked at', async () => {
  const page = await parley.localConsole('#overview');
  const stored = page.getByRole('row', { name: /MessagesStored/ });
  await stored.waitFor();
  await alice.api.post('/messages', { conversationId, messageId: 'second', content: 'and at me' });
  await stored.filter({ hasText: /2$/ }).waitFor();
});

test('finds the invocations that a message took part in, with what they logged', async () => {
  const page = await parley.localConsole(`#invocations?messageId=${messageId}`);
  const found = page.locator('summary');
  await found.filter({ hasText: 'http-messages' }).waitFor();
  await found.filter({ hasText: 'stream-deliver' }).click();
  await page.getByText('"seq": 1').waitFor();
  await page.getByLabel('Id', { exact: true }).fill('nothing holds this');
  await page.getByText('No such invocation').waitFor();
});

test('leads with the keyboard from one invocation to all of the same message', async () => {
  const page = await parley.localConsole('#invocations?function=http-messages');
  const accepted = page.locator('summary').filter({ hasText: messageId });
  await accepted.focus();
  await page.keyboard.press('Enter');
  const link = page.getByRole('link', { name: `messageId ${messageId}` });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.locator('summary').filter({ hasText: 'stream-deliver' }).waitFor();
  expect(await page.locator('summary').count()).toBe(2);
});

test('goes back to older invocations, and to the newest again', async () => {
  for (let count = 0; count < 110; count += 1) await alice.api.get('/users/me');
  const page = await parley.localConsole('#invocations');
  await page.getByRole('button', { name: 'Older' }).click();
  await page.locator('summary').filter({ hasText: 'POST /users' }).first().waitFor();
  await page.getByRole('button', { name: 'Newest' }).click();
  await page.getByRole('button', { name: 'Newest' }).waitFor({ state: 'detached' });
});

test('shows each shard, and that nothing waits in it', async () => {
  const page = await parley.localConsole('#overview');
  expect(await page.getByRole('row', { name: /^Shard 0/ }).innerText()).toMatch(/reading\s+0\s+0 ms$/);
});

test('says that the runtime does not answer, and keeps what was seen', async () => {
  const page = await parley.localConsole('#overview');
  await page.getByRole('row', { name: /MessagesStored/ }).waitFor();
  await page.context().setOffline(true);
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('row', { name: /MessagesStored/ }).count()).toBe(1);
});

test('in a narrow window each number of a function stands below its own title', async () => {
  const page = await parley.localConsole('#overview', { viewport: { width: 390, height: 800 } });
  await page.getByRole('row', { name: /stream-deliver/ }).waitFor();
  const titles = await page.getByRole('columnheader').filter({ hasText: /./ }).allInnerTexts();
  const cells = await page
    .getByRole('row', { name: /stream-deliver/ })
    .getByRole('cell')
    .count();
  // One of them is the function's own name, which is a row header.
  expect(titles.indexOf('metric')).toBe(cells + 1);
});

test('shows one partition of a table', async () => {
  const page = await parley.localConsole('#tables?name=Users');
  await page.getByRole('cell', { name: 'alice', exact: true }).waitFor();
  await page.getByLabel('Only of this userId').fill(alice.id);
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: 'bob', exact: true }).waitFor({ state: 'detached' });
  expect(await page.getByRole('cell', { name: 'alice', exact: true }).count()).toBe(1);
});

test('shows what the tables hold, but nobody a password', async () => {
  const page = await parley.localConsole('#tables?name=MessagesByConversation');
  await page.getByRole('cell', { name: 'look at me' }).waitFor();
  await page.getByRole('link', { name: 'Credentials' }).click();
  await page.getByRole('cell', { name: 'alice', exact: true }).waitFor();
  expect(await page.getByRole('cell', { name: '(not shown)' }).count()).toBeGreaterThan(0);
  expect(await page.content()).not.toContain('scrypt');
});

test('turns the pages of a table', async () => {
  const bodies = Array.from({ length: 60 }, (_, index) => ({ from: alice, text: `number ${index}` }));
  await parley.accept(conversationId, bodies);
  await parley.untilStored(alice, conversationId, 62);
  const page = await parley.localConsole('#tables?name=MessagesByConversation');
  await page.getByRole('cell', { name: 'number 5', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('cell', { name: 'number 59', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Before' }).click();
  await page.getByRole('cell', { name: 'number 5', exact: true }).waitFor();
});

describe.each(['overview', 'invocations', 'tables?name=MessagesByConversation'])('#%s', (hash) => {
  test.each([1280, 360])('has nothing that axe finds fault with, and fits into %i px', async (width) => {
    const page = await parley.localConsole(`#${hash}`, { viewport: { width, height: 800 } });
    await page.locator('main table, main .invocations li').first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityFaults(page), colorScheme).toEqual([]);
    }
    const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(tooWide)).toBe(0);
  });
});
