import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import type { ChatPage } from './support/chat-page.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let bob: Person;

beforeAll(async () => {
  parley = await WebParley.start();
  bob = await parley.register('bob');
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

async function askToErase(chat: ChatPage): Promise<void> {
  await chat.button(/^Your account/).click();
  await chat.page.getByRole('menuitem', { name: 'Delete account…' }).click();
  await chat.dialog.getByText('Nobody can undo this.').waitFor();
}

test('an account is deleted by its owner, and others see what is left of it', async () => {
  const erin = await parley.register('erin');
  const direct = await erin.dm(bob);
  const group = await bob.group('Readers', erin);
  await parley.accept(direct, [
    { from: bob, text: 'Hello Erin' },
    { from: erin, text: 'Hello Bob' },
  ]);
  await parley.accept(group, [{ from: erin, text: 'Any good books?' }]);
  await parley.untilStored(bob, direct, 2);
  await parley.untilStored(bob, group, 1);
  const his = await parley.device(bob, { hash: `#/c/${direct}` });
  await his.seesMessage('Hello Bob');

  const hers = await parley.device(erin, { hash: `#/c/${direct}` });
  await hers.composer.fill('A draft');
  await askToErase(hers);
  const confirm = hers.dialog.getByRole('button', { name: 'Delete account' });
  await hers.dialog.getByLabel('Your username').fill('bob');
  expect(await confirm.getAttribute('aria-disabled')).toBe('true');
  await hers.dialog.getByLabel('Your username').press('Enter');
  await hers.dialog.getByLabel('Your username').fill('Erin');
  expect(await confirm.getAttribute('aria-disabled')).toBe('true');
  await hers.dialog.getByLabel('Your password').fill('not her password');
  await confirm.click();
  await hers.dialog.getByText('That is not your password.').waitFor();
  await hers.dialog.getByLabel('Your password').fill(erin.password);
  await confirm.click();
  await hers.page.getByText('Your account is deleted.').waitFor();
  await hers.page.getByRole('heading', { name: 'Sign in to Parley' }).waitFor();
  expect(await hers.page.evaluate('localStorage.length')).toBe(0);
  await hers.page.getByLabel('Username').fill('erin');
  await hers.page.getByLabel('Password').fill(erin.password);
  await hers.button('Sign in').click();
  await hers.page.getByText('That username and password do not match.').waitFor();

  await his.page.getByRole('heading', { name: 'Deleted account' }).waitFor();
  await his.page.getByText('There is nobody here to write to any more.').waitFor();
  expect(await his.composer.count()).toBe(0);
  await his.seesMessage('This message was deleted');
  expect(await his.texts()).toEqual(['Hello Erin', 'This message was deleted']);
  await his.row('Deleted account').getByText('Message deleted').waitFor();

  // Whoever has not met her before learns no name.
  const later = await parley.device(bob, { hash: `#/c/${group}` });
  await later.seesMessage('This message was deleted');
  await later.list.getByText('Deleted account').waitFor();
  expect(await later.page.getByText(/erin/i).count()).toBe(0);
});

test('what keeps an account from being deleted is told', async () => {
  const gina = await parley.register('gina');
  const hers = await parley.device(gina, {
    before: (page) =>
      page.route('**/v1/users/me', (route) =>
        route.request().method() === 'DELETE'
          ? route.fulfill({ status: 403, json: { code: 'FORBIDDEN', detail: 'Not today.' } })
          : route.continue(),
      ),
  });
  await askToErase(hers);
  await hers.dialog.getByLabel('Your username').fill('gina');
  await hers.dialog.getByLabel('Your password').fill(gina.password);
  await hers.dialog.getByRole('button', { name: 'Delete account' }).click();
  await hers.dialog.getByText('Could not delete your account: you are not allowed to.').waitFor();
  await hers.dialog.getByRole('button', { name: 'Cancel' }).click();
  await hers.dialog.waitFor({ state: 'detached' });
  await hers.page.getByText('No conversations yet').waitFor();
});
