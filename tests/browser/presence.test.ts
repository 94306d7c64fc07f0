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

test('who writes is shown to the other, until it is sent', async () => {
  const hash = `#/c/${await alice.dm(bob)}`;
  const hers = await parley.device(alice, { hash });
  const his = await parley.device(bob, { hash });
  await his.composer.pressSequentially('Let me');
  await hers.page.getByText('Bob is writing…').waitFor();
  // Quietly: it is no message, and nothing that is read out.
  expect(await hers.page.locator('[aria-live], [role=status]').getByText('is writing').count()).toBe(0);
  expect(await his.page.getByText('is writing').count()).toBe(0);
  await his.composer.press('Enter');
  await hers.seesMessage('Let me');
  await hers.page.getByText('Bob is writing…').waitFor({ state: 'detached' });

  await his.composer.pressSequentially('Never');
  await hers.page.getByText('Bob is writing…').waitFor();
  await his.composer.fill('');
  await hers.page.getByText('Bob is writing…').waitFor({ state: 'detached' });
});

test('in a group, all who write are named, or counted', async () => {
  const [carol, dan] = await Promise.all([parley.register('carol'), parley.register('dan')]);
  const hash = `#/c/${await alice.group('Busy', bob, carol, dan)}`;
  const hers = await parley.device(alice, { hash });
  const [his, carols, dans] = await Promise.all(
    [bob, carol, dan].map((person) => parley.device(person, { hash })),
  );
  await his?.composer.pressSequentially('I');
  await hers.page.getByText('Bob is writing…').waitFor();
  await carols?.composer.pressSequentially('And I');
  await hers.page.getByText('Bob and Carol are writing…').waitFor();
  await dans?.composer.pressSequentially('So do I');
  await hers.page.getByText('Several people are writing…').waitFor();
});

test('who is online has a dot and a word for it; who was, when', async () => {
  const [erin, frank] = await Promise.all([parley.register('erin'), parley.register('frank')]);
  const hash = `#/c/${await erin.dm(frank)}`;
  const hers = await parley.device(erin, { hash });
  await hers.page.getByText('@frank').waitFor();
  expect(await hers.row('Frank').getByText('online').count()).toBe(0);

  const his = await parley.device(frank);
  await hers.row('Frank').getByText(', online').waitFor({ state: 'attached' });
  await hers.page.getByText('online', { exact: true }).waitFor();
  await his.page.context().close();
  await hers.page.getByText('last seen just now').waitFor();
  await hers.row('Frank').getByText(', online').waitFor({ state: 'detached' });
});
