import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { WebParley } from './support/web-parley.ts';

const attacks = [
  '<script>window.hacked = true</script>',
  '<img src=x onerror="window.hacked = true">',
  '<a href="javascript:window.hacked = true">click</a>',
  'javascript:window.hacked=true',
  '"><svg onload=window.hacked=true>',
  '{{constructor.constructor("window.hacked = true")()}}',
  '&lt;b&gt;entities stay as they are&lt;/b&gt;',
  'https://example.com/"onmouseover="window.hacked=true',
  'https://bank.example@evil.example/login',
  'data:text/html,<script>alert(1)</script>',
];

let parley: WebParley;
let alice: Person;
let mallory: Person;

beforeAll(async () => {
  parley = await WebParley.start();
  alice = await parley.register('alice');
  mallory = await parley.register('mallory', '<img src=x onerror=window.hacked=1>');
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

test('text, names and titles are shown as they were written, and run nowhere', async () => {
  const direct = await mallory.dm(alice);
  const group = await mallory.group('<script>window.hacked = true</script>', alice);
  await parley.accept(
    direct,
    attacks.map((text) => ({ from: mallory, text })),
  );
  await parley.accept(group, [{ from: mallory, text: '<b>bold</b>' }]);
  const hers = await parley.device(alice, { hash: `#/c/${direct}` });
  await hers.seesMessage('data:text/html');
  expect(await hers.texts()).toEqual(attacks);
  await hers.page.getByRole('heading', { name: '<img src=x onerror=window.hacked=1>' }).waitFor();

  await hers.page.evaluate(`location.hash = '#/c/${group}/details'`);
  await hers.page.getByRole('heading', { name: '<script>window.hacked = true</script>' }).first().waitFor();
  await hers.seesMessage('<b>bold</b>');
  await hers.page.getByText('@mallory').waitFor();
  expect(await hers.page.evaluate('window.hacked')).toBeUndefined();
  expect(await hers.page.locator('#app script, #app img, #app b').count()).toBe(0);
});

test('what a message is edited to is shown as it was written, too', async () => {
  const direct = await mallory.dm(await parley.register('harriet'));
  const count = attacks.length;
  await parley.accept(
    direct,
    attacks.map((_, index) => ({ from: mallory, text: `Harmless ${index}.` })),
  );
  await parley.untilStored(mallory, direct, count);
  const his = await parley.device(mallory, { hash: `#/c/${direct}` });
  await his.seesMessage(`Harmless ${count - 1}.`);
  for (const [index, content] of attacks.entries())
    await parley.change(direct, mallory, index + 1, { type: 'edit', content });
  await expect.poll(() => his.texts()).toEqual(attacks);
  // Excerpts of it: in the name of its menu, and over the text while it is edited again.
  await his.choose('{{constructor', 'Edit');
  await his.page.getByText('Editing {{constructor').waitFor();
  expect(await his.page.evaluate('window.hacked')).toBeUndefined();
  expect(await his.page.locator('#app script, #app img, #app b').count()).toBe(0);
});

test('only web addresses become links, which lead where they say and tell nothing of this page', async () => {
  const direct = await mallory.dm(alice);
  await parley.accept(direct, [
    { from: mallory, text: 'See https://example.com/a_(b), (or http://example.org/?q=1).' },
  ]);
  const hers = await parley.device(alice, { hash: `#/c/${direct}` });
  await hers.seesMessage('See https://example.com');
  const links = await hers.page.evaluate(
    `[...document.querySelectorAll('.bubble a')].map(({ href, rel, target }) => ({ href, rel, target }))`,
  );
  const outward = { rel: 'noopener noreferrer', target: '_blank' };
  expect(links).toEqual([
    { href: 'https://example.com/', ...outward },
    { href: 'https://example.com/a_(b)', ...outward },
    { href: 'http://example.org/?q=1', ...outward },
  ]);
});
