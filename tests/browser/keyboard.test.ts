import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import type { ChatPage } from './support/chat-page.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let alice: Person;
const conversations = new Map<string, string>();

beforeAll(async () => {
  parley = await WebParley.start();
  alice = await parley.register('alice');
  // The last one has the newest activity, so it is the first in the inbox.
  for (const username of ['dan', 'carol', 'bob']) {
    const person = await parley.register(username);
    const id = await alice.dm(person);
    await parley.accept(id, [{ from: alice, text: `Hello ${username}` }]);
    await parley.untilStored(alice, id, 1);
    conversations.set(username, id);
  }
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

function focused(chat: ChatPage): Promise<string> {
  return chat.page.evaluate(`(() => {
    const { activeElement: element } = document;
    return element.getAttribute('aria-label') ?? element.textContent;
  })()`);
}

async function press(chat: ChatPage, ...keys: string[]): Promise<void> {
  for (const key of keys) await chat.page.keyboard.press(key);
}

test('everything from signing in to sending is done with the keyboard', async () => {
  const hers = await parley.device();
  await expect.poll(() => hers.page.evaluate('document.activeElement.autocomplete')).toBe('username');
  await hers.page.keyboard.type('alice');
  await press(hers, 'Tab');
  await hers.page.keyboard.type(alice.password);
  await press(hers, 'Enter');
  await hers.row('Bob').waitFor();

  // Tab reaches the list once; arrows move in it.
  await hers.row('Bob').focus();
  await press(hers, 'ArrowDown');
  expect(await focused(hers)).toContain('Carol');
  await press(hers, 'End');
  expect(await focused(hers)).toContain('Dan');
  await press(hers, 'ArrowDown', 'Home', 'ArrowDown', 'ArrowUp');
  expect(await focused(hers)).toContain('Bob');
  expect(await hers.inbox.locator('ul a[tabindex="0"]').count()).toBe(1);

  await press(hers, 'Enter');
  await hers.seesMessage('Hello bob');
  await expect.poll(() => focused(hers)).toBe('Message');
  await hers.page.keyboard.type('By keyboard');
  await press(hers, 'Enter');
  await hers.seesMessage('By keyboard');
  await press(hers, 'Escape');
  await hers.page.getByText('Choose a conversation').waitFor();
  await expect.poll(() => focused(hers)).toContain('Bob');
});

test('the shortcuts do what their list says', async () => {
  const hers = await parley.device(alice, { hash: `#/c/${conversations.get('carol')}` });
  await hers.composer.waitFor();
  await press(hers, 'Alt+ArrowUp');
  await hers.page.getByRole('heading', { name: 'Bob' }).waitFor();
  await press(hers, 'Alt+ArrowDown', 'Alt+ArrowDown');
  await hers.page.getByRole('heading', { name: 'Dan' }).waitFor();
  await press(hers, 'Alt+i');
  await expect.poll(() => focused(hers)).toBe('Details');
  await press(hers, 'Escape');
  await hers.page.getByRole('region', { name: 'Details' }).waitFor({ state: 'detached' });
  await expect.poll(() => focused(hers)).toBe('Message');

  // While one types, a question mark is a question mark.
  await press(hers, '?');
  expect(await hers.composer.inputValue()).toBe('?');
  await press(hers, 'Backspace', 'Alt+k');
  await expect.poll(() => focused(hers)).toBe('Find a conversation');
  await hers.page.keyboard.type('car');
  await expect.poll(() => hers.inbox.getByRole('link').count()).toBe(1);
  await press(hers, 'ArrowDown');
  expect(await focused(hers)).toContain('Carol');
  await press(hers, '?');
  await hers.dialog.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
  await press(hers, 'Escape');
  await hers.dialog.waitFor({ state: 'detached' });
  expect(await focused(hers)).toContain('Carol');
  await press(hers, 'Alt+n');
  await hers.dialog.getByRole('heading', { name: 'New message' }).waitFor();
  await hers.page.keyboard.type('dan');
  await press(hers, 'Enter');
  await hers.dialog.waitFor({ state: 'detached' });
  await hers.page.getByRole('heading', { name: 'Dan' }).waitFor();
  await press(hers, 'Alt+g');
  await hers.dialog.getByRole('heading', { name: 'New group' }).waitFor();
});

test('a menu opens, moves and closes as menus do, and gives the focus back', async () => {
  const hers = await parley.device(alice);
  await hers.button(/^Your account/).focus();
  await press(hers, 'Enter');
  await expect.poll(() => focused(hers)).toBe('Keyboard shortcuts');
  await press(hers, 'ArrowDown');
  expect(await focused(hers)).toBe('Devices');
  await press(hers, 'ArrowUp', 'ArrowUp');
  expect(await focused(hers)).toBe('Delete account…');
  await press(hers, 'Escape');
  expect(await focused(hers)).toBe('Your account: Alice');
  expect(await hers.page.getByRole('menuitem').count()).toBe(0);
});

test('on a narrow screen one pane is shown, and the focus goes with it', async () => {
  const hers = await parley.device(alice, { viewport: { width: 360, height: 740 } });
  await hers.row('Bob').click();
  await hers.page.getByRole('heading', { name: 'Bob' }).waitFor();
  expect(await hers.inbox.isVisible()).toBe(false);
  await expect.poll(() => focused(hers)).toBe('Bob');
  await hers.page.getByRole('link', { name: 'Details' }).click();
  await expect.poll(() => focused(hers)).toBe('Details');
  expect(await hers.composer.isVisible()).toBe(false);
  await hers.page.goBack();
  await hers.composer.waitFor();
  await hers.page.getByRole('link', { name: 'Back to your chats' }).click();
  await hers.row('Bob').waitFor();
  await expect.poll(() => focused(hers)).toContain('Bob');
});

test('what can be done with a message is reached and done with the keyboard', async () => {
  const hers = await parley.device(alice, { hash: `#/c/${conversations.get('dan')}` });
  await hers.send('Two');
  await hers.message('Two').getByRole('button').waitFor({ state: 'attached' });
  // Tab reaches one message; arrows move among them.
  await press(hers, 'Shift+Tab');
  expect(await focused(hers)).toBe('Actions: You, “Two”');
  await press(hers, 'ArrowUp');
  expect(await focused(hers)).toBe('Actions: You, “Hello dan”');
  await press(hers, 'ArrowUp');
  expect(await focused(hers)).toBe('Actions: You, “Hello dan”');
  await expect.poll(() => hers.list.locator('button[tabindex="0"]').count()).toBe(1);

  await press(hers, 'Enter');
  await expect.poll(() => focused(hers)).toBe('👍');
  await press(hers, 'ArrowRight', 'ArrowRight');
  expect(await focused(hers)).toBe('😂');
  await press(hers, 'Enter');
  await hers.reaction('Hello dan', '😂').waitFor();
  expect(await focused(hers)).toBe('Actions: You, “Hello dan”');
  await press(hers, 'Tab');
  expect(await focused(hers)).toBe('😂 1: You');
  await press(hers, 'Enter');
  await hers.reaction('Hello dan', '😂').waitFor({ state: 'detached' });
  expect(await focused(hers)).toBe('Actions: You, “Hello dan”');

  // Escape closes the menu, and leaves the conversation open.
  await press(hers, 'Enter');
  await expect.poll(() => focused(hers)).toBe('👍');
  await press(hers, 'Escape');
  expect(await focused(hers)).toBe('Actions: You, “Hello dan”');
  await press(hers, 'Enter');
  await expect.poll(() => focused(hers)).toBe('👍');
  await press(hers, 'ArrowDown');
  expect(await focused(hers)).toBe('Edit');
  await press(hers, 'Enter');
  await expect.poll(() => focused(hers)).toBe('Edit message');
  await hers.page.keyboard.type(' Ito');
  await press(hers, 'Enter');
  await hers.message('Hello dan Ito').getByText('(edited)').waitFor();
  await expect.poll(() => focused(hers)).toBe('Message');

  await press(hers, 'Shift+Tab', 'Enter');
  await expect.poll(() => focused(hers)).toBe('👍');
  await press(hers, 'End');
  expect(await focused(hers)).toBe('Delete…');
  await press(hers, 'Enter');
  await hers.dialog.waitFor();
  await press(hers, 'Tab', 'Tab');
  expect(await focused(hers)).toBe('Delete');
  await press(hers, 'Enter');
  await hers.seesMessage('This message was deleted');
  expect(await focused(hers)).toBe('Messages with Dan');
});
