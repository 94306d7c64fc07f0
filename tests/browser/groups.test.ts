import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  parley = await WebParley.start();
  [alice, bob] = (await Promise.all(['alice', 'bob', 'carol'].map((name) => parley.register(name)))) as [
    Person,
    Person,
  ];
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

test('a group from its making to its last member', async () => {
  const hers = await parley.device(alice);
  const his = await parley.device(bob);
  await hers.inbox.getByRole('button', { name: 'New group' }).click();
  await hers.dialog.getByLabel('Name of the group').fill('Book club');
  await hers.dialog.getByLabel('Add people').fill('bob');
  await hers.dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await hers.dialog.getByRole('list', { name: 'Chosen people' }).getByText('Bob').waitFor();
  await hers.dialog.getByRole('button', { name: 'Create group' }).click();
  await hers.composer.waitFor();
  await hers.send('Welcome to the book club');

  await his.open('Book club');
  await his.seesMessage('Welcome to the book club');
  await hers.message('Welcome to the book club').getByTitle('Read').waitFor();
  await his.page.getByRole('link', { name: 'Details' }).click();
  // Who is no admin can look and leave, nothing else.
  await his.page.getByRole('heading', { name: 'Members' }).waitFor();
  expect(await his.button('Rename').count()).toBe(0);
  expect(await his.button('Add people').count()).toBe(0);
  expect(await his.button(/^Manage/).count()).toBe(0);

  const details = hers.page.getByRole('region', { name: 'Details' });
  await hers.page.getByRole('link', { name: 'Details' }).click();
  await details.getByRole('button', { name: 'Rename' }).click();
  await details.getByLabel('Name of the group').fill('Film club');
  await details.getByRole('button', { name: 'Save' }).click();
  await his.row('Film club').waitFor();

  await details.getByRole('button', { name: 'Add people' }).click();
  await hers.dialog.getByLabel('Add people').fill('carol');
  await hers.dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await hers.dialog.getByRole('button', { name: 'Add to the group' }).click();
  await details.getByText('@carol').waitFor();
  await his.page.getByText('@carol').waitFor();

  await details.getByRole('button', { name: 'Manage Carol' }).click();
  await hers.page.getByRole('menuitem', { name: 'Remove from group' }).click();
  await hers.dialog.getByRole('button', { name: 'Remove' }).click();
  await details.getByText('@carol').waitFor({ state: 'detached' });

  // The last admin cannot leave while others remain.
  await details.getByRole('button', { name: 'Leave group' }).click();
  await hers.dialog.getByRole('button', { name: 'Leave', exact: true }).click();
  await hers.page.getByText(/^Could not leave the group/).waitFor();

  await details.getByRole('button', { name: 'Manage Bob' }).click();
  await hers.page.getByRole('menuitem', { name: 'Make admin' }).click();
  await his.button('Rename').waitFor();
  await details.getByRole('button', { name: 'Leave group' }).click();
  await hers.dialog.getByRole('button', { name: 'Leave', exact: true }).click();
  await hers.page.getByText('Choose a conversation').waitFor();
  expect(await hers.row('Film club').count()).toBe(0);
  await his.page.getByText('Group of 1').waitFor();
});

test('somebody who is removed is told, and led back to the inbox', async () => {
  const groupId = await alice.group('Secret plans', bob);
  const his = await parley.device(bob, { hash: `#/c/${groupId}` });
  await his.composer.waitFor();
  await alice.api.delete(`/conversations/${groupId}/members/${bob.id}`);
  await his.page.getByText('You are no longer in this conversation.').waitFor();
  await his.page.getByText('Choose a conversation').waitFor();
});

test('what somebody wrote stays when they leave, and they are not taken for a deleted account', async () => {
  const dora = await parley.register('dora');
  const groupId = await alice.group('Passing through', dora);
  await parley.accept(groupId, [{ from: dora, text: 'I shall not stay long' }]);
  await parley.untilStored(alice, groupId, 1);
  await dora.api.delete(`/conversations/${groupId}/members/${dora.id}`);
  const hers = await parley.device(alice, { hash: `#/c/${groupId}` });
  await hers.seesMessage('I shall not stay long');
  await hers.list.getByText('Former member').waitFor();
  await hers.row('Passing through').getByText('I shall not stay long').waitFor();
});
