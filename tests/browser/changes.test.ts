import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import { WebParley } from './support/web-parley.ts';

let parley: WebParley;
let alice: Person;
let bob: Person;
let count = 0;

beforeAll(async () => {
  parley = await WebParley.start();
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

/** A new group of the two, of which Alice is the admin, open on a page of each. */
async function bothIn(...texts: [from: Person, text: string][]) {
  count += 1;
  const groupId = await alice.group(`Group ${count}`, bob);
  await parley.accept(
    groupId,
    texts.map(([from, text]) => ({ from, text })),
  );
  await parley.untilStored(alice, groupId, texts.length);
  const hash = `#/c/${groupId}`;
  const hers = await parley.device(alice, { hash });
  const his = await parley.device(bob, { hash });
  for (const [, text] of texts) await Promise.all([hers.seesMessage(text), his.seesMessage(text)]);
  return { groupId, hers, his };
}

test('a message is edited from its menu; both see the new text, and the draft is where it was', async () => {
  const { hers, his } = await bothIn([alice, 'Meet at seven'], [bob, 'Fine']);
  await hers.composer.fill('By the way');
  await hers.choose('Meet at seven', 'Edit');
  await expect.poll(() => hers.editor.inputValue()).toBe('Meet at seven');
  await hers.editor.fill('Meet at eight');
  await hers.editor.press('Enter');
  for (const chat of [hers, his]) {
    await chat.message('Meet at eight').getByText('(edited)').waitFor();
    expect(await chat.texts()).toEqual(['Meet at eight', 'Fine']);
  }
  await expect.poll(() => hers.composer.inputValue()).toBe('By the way');
});

test('up in an empty composer edits the last message of one’s own; Escape leaves it as it was', async () => {
  const { hers } = await bothIn([alice, 'First of mine'], [alice, 'Second of mine'], [bob, 'One of his']);
  await hers.composer.press('ArrowUp');
  await expect.poll(() => hers.editor.inputValue()).toBe('Second of mine');
  await hers.editor.fill('Never mind');
  await hers.editor.press('Escape');
  await expect.poll(() => hers.page.evaluate('document.activeElement.ariaLabel')).toBe('Message');
  expect(await hers.composer.inputValue()).toBe('');
  expect(await hers.texts()).toEqual(['First of mine', 'Second of mine', 'One of his']);

  // In a text the arrow moves the caret.
  await hers.composer.fill('Something');
  await hers.composer.press('ArrowUp');
  expect(await hers.editor.count()).toBe(0);
});

test('an edit that is refused is told, and nothing that was typed is lost', async () => {
  const withBob = await alice.dm(bob);
  let refuses = true;
  const hers = await parley.device(alice, {
    hash: `#/c/${withBob}`,
    before: (page) =>
      page.routeWebSocket(/\/connect$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((text) => {
          const { action, requestId } = JSON.parse(String(text));
          if (action !== 'editMessage' || !refuses) return server.send(text);
          const error = { type: 'error', code: 'INTERNAL', message: 'Oops.', action, requestId };
          socket.send(JSON.stringify(error));
        });
      }),
  });
  await hers.send('Dear Bbo');
  // Stored: there is something that can be done with it.
  await hers.message('Dear Bbo').getByRole('button').waitFor({ state: 'attached' });
  await hers.composer.press('ArrowUp');
  await hers.editor.fill('Dear Bob');
  await hers.editor.press('Enter');
  await hers.page.getByText('Could not change the message').waitFor();
  expect(await hers.editor.inputValue()).toBe('Dear Bob');

  await hers.page.reload();
  await expect.poll(() => hers.editor.inputValue()).toBe('Dear Bob');
  refuses = false;
  await hers.editor.press('Enter');
  await hers.message('Dear Bob').getByText('(edited)').waitFor();
  await hers.composer.waitFor();
});

test('an edit that is refused after it was taken comes back, with what was typed', async () => {
  const withBob = await alice.dm(bob);
  let sentId = '';
  const hers = await parley.device(alice, {
    hash: `#/c/${withBob}`,
    before: (page) =>
      page.routeWebSocket(/\/connect$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((text) => {
          const { action, requestId, messageId, conversationId, seq } = JSON.parse(String(text));
          if (action === 'sendMessage') sentId = messageId;
          if (action !== 'editMessage') return server.send(text);
          const acceptedAt = new Date().toISOString();
          socket.send(JSON.stringify({ type: 'ack', action, requestId, conversationId, seq, acceptedAt }));
          const error = { type: 'error', code: 'CONFLICT', message: 'This message was deleted.', action };
          socket.send(JSON.stringify({ ...error, messageId: sentId }));
        });
      }),
  });
  await hers.send('Too late');
  await hers.message('Too late').getByRole('button').waitFor({ state: 'attached' });
  await hers.composer.press('ArrowUp');
  await hers.editor.fill('Too late to change');
  await hers.editor.press('Enter');
  await hers.page.getByText('Could not change the message: this message was deleted.').waitFor();
  await expect.poll(() => hers.editor.inputValue()).toBe('Too late to change');
});

test('who deletes is asked first; a placeholder stays, in the inbox too', async () => {
  const { hers, his } = await bothIn([bob, 'Keep this'], [bob, 'Sent by mistake']);
  await his.choose('Sent by mistake', 'Delete…');
  await his.dialog.getByRole('button', { name: 'Cancel' }).click();
  await his.dialog.waitFor({ state: 'detached' });
  await his.choose('Sent by mistake', 'Delete…');
  await his.dialog.getByRole('button', { name: 'Delete' }).click();
  for (const chat of [hers, his]) {
    await chat.seesMessage('This message was deleted');
    expect(await chat.texts()).toEqual(['Keep this', 'This message was deleted']);
    await chat.row(`Group ${count}`).getByText('Message deleted').waitFor();
    // Nothing can be done with it any more.
    expect(await chat.message('This message was deleted').getByRole('button').count()).toBe(0);
  }
});

test('who is just editing what somebody deletes is told, and keeps what was typed', async () => {
  const { hers, his } = await bothIn([bob, 'Half a thought']);
  await his.composer.press('ArrowUp');
  await his.editor.fill('Half a thought, and more');
  await hers.choose('Half a thought', 'Delete…');
  await hers.dialog.getByRole('button', { name: 'Delete' }).click();
  await his.page.getByText('This message was deleted meanwhile').waitFor();
  await his.editor.press('Enter');
  expect(await his.editor.inputValue()).toBe('Half a thought, and more');
  await his.button('Cancel editing').click();
  await his.composer.waitFor();
});

test('an admin deletes messages of others, and nobody edits them', async () => {
  const { hers, his } = await bothIn([bob, 'Written by Bob'], [alice, 'Written by Alice']);
  await his.openMenu('Written by Alice');
  for (const item of ['Edit', 'Delete…'])
    expect(await his.page.getByRole('menuitem', { name: item }).count()).toBe(0);

  await hers.openMenu('Written by Bob');
  expect(await hers.page.getByRole('menuitem', { name: 'Edit' }).count()).toBe(0);
  await hers.page.getByRole('menuitem', { name: 'Delete…' }).click();
  await hers.dialog.getByRole('button', { name: 'Delete' }).click();
  await his.seesMessage('This message was deleted');
});

test('reactions are counted, say who reacted, and are joined and taken back with a click', async () => {
  const { hers, his } = await bothIn([alice, 'We won!']);
  await his.choose('We won!', '👍');
  const chip = hers.reaction('We won!', '👍');
  await expect.poll(() => chip.getAttribute('aria-label')).toBe('👍 1: Bob');
  expect(await chip.getAttribute('aria-pressed')).toBe('false');
  await chip.click();
  await expect.poll(() => chip.getAttribute('aria-label')).toBe('👍 2: You and Bob');
  expect(await chip.getAttribute('aria-pressed')).toBe('true');
  await his.reaction('We won!', '👍').getByText('2').waitFor();
  await chip.click();
  await expect.poll(() => his.reaction('We won!', '👍').getAttribute('aria-label')).toBe('👍 1: You');
  await his.choose('We won!', '👍');
  await chip.waitFor({ state: 'detached' });
});

test('there are more emoji to choose from, and any other can be typed', async () => {
  const { hers, his } = await bothIn([alice, 'Off to space']);
  await his.choose('Off to space', 'Another reaction');
  await his.dialog.getByRole('button', { name: '🚀' }).click();
  await hers.reaction('Off to space', '🚀').waitFor();
  await his.choose('Off to space', 'Another reaction');
  await his.dialog.getByLabel('Another one').fill('to the moon');
  await his.dialog.getByRole('button', { name: 'React', exact: true }).click();
  await his.dialog.getByText('That is not one emoji.').waitFor();
  await his.dialog.getByLabel('Another one').fill('👩🏽‍🚀');
  await his.dialog.getByRole('button', { name: 'React', exact: true }).click();
  await hers.reaction('Off to space', '👩🏽‍🚀').waitFor();
});

test('on a phone a tap on the bubble opens its menu', async () => {
  const { groupId } = await bothIn([bob, 'Tap me']);
  const hers = await parley.device(alice, {
    hash: `#/c/${groupId}`,
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await hers.message('Tap me').getByText('Tap me').tap();
  await hers.page.getByRole('menuitemcheckbox', { name: '👍' }).tap();
  await hers.reaction('Tap me', '👍').waitFor();
  expect(await hers.page.getByRole('menu').count()).toBe(0);
});

test('who was offline sees all changes when back', async () => {
  const { hers, his } = await bothIn([alice, 'To be edited'], [alice, 'To be deleted'], [bob, 'To be liked']);
  await his.page.context().setOffline(true);
  await his.page.getByText('You are offline.').waitFor();
  await hers.choose('To be edited', 'Edit');
  await hers.editor.fill('It was edited');
  await hers.editor.press('Enter');
  await hers.choose('To be deleted', 'Delete…');
  await hers.dialog.getByRole('button', { name: 'Delete' }).click();
  await hers.choose('To be liked', '❤️');
  await hers.reaction('To be liked', '❤️').waitFor();
  await hers.seesMessage('It was edited');
  await hers.seesMessage('This message was deleted');
  expect(await his.texts()).toEqual(['To be edited', 'To be deleted', 'To be liked']);

  await his.page.context().setOffline(false);
  await his.message('It was edited').getByText('(edited)').waitFor();
  await his.seesMessage('This message was deleted');
  await his.reaction('To be liked', '❤️').waitFor();
  expect(await his.texts()).toEqual(['It was edited', 'This message was deleted', 'To be liked']);
});

test('a reader further up is not moved when a message above grows or shrinks', async () => {
  const texts = Array.from({ length: 40 }, (_, index): [Person, string] => [alice, `Line ${index + 1}.`]);
  const groupId = await alice.group('Long talk', bob);
  await parley.accept(
    groupId,
    texts.map(([from, text]) => ({ from, text })),
  );
  await parley.untilStored(alice, groupId, texts.length);
  await bob.api.put(`/conversations/${groupId}/read`, { seq: texts.length });
  const his = await parley.device(bob, { hash: `#/c/${groupId}`, viewport: { width: 1280, height: 500 } });
  await his.seesMessage('Line 40.');
  await his.list.hover();
  await his.page.mouse.wheel(0, -500);
  await his.button('Newest').waitFor();
  const topOf = async (text: string) => (await his.message(text).boundingBox())?.y ?? Number.NaN;
  const edge = (await his.list.boundingBox())?.y ?? Number.NaN;
  const onScreen = 'Line 27.';
  const above = 'Line 12.';
  const before = await topOf(onScreen);
  expect(before).toBeGreaterThan(edge);
  expect(await topOf(above)).toBeLessThan(edge - 30);

  await parley.change(groupId, alice, 12, {
    type: 'edit',
    content: `Line 12. ${'And much more. '.repeat(60)}`,
  });
  await his.message('And much more.').waitFor({ state: 'attached' });
  expect(Math.abs((await topOf(onScreen)) - before)).toBeLessThanOrEqual(2);
  await parley.change(groupId, alice, 12, { type: 'delete' });
  await his.message('This message was deleted').waitFor({ state: 'attached' });
  expect(Math.abs((await topOf(onScreen)) - before)).toBeLessThanOrEqual(2);
});
