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
  await page.getByText('"seq":1').waitFor();
  await page.getByLabel('Id', { exact: true }).fill('nothing holds this');
  await page.getByText('No such invocation').waitFor();
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
