import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/person.ts';
import type { ChatPage } from './support/chat-page.ts';
import { WebParley } from './support/web-parley.ts';

const COUNT = 2000;

let parley: WebParley;
let alice: Person;
let bob: Person;
let conversationId: string;

beforeAll(async () => {
  parley = await WebParley.start();
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
  conversationId = await alice.dm(bob);
  const texts = Array.from({ length: COUNT }, (_, index) => ({
    from: index % 3 === 0 ? alice : bob,
    // Of one to five lines, so that a wrong guess of heights would show.
    text: `Message ${index + 1}.${' Some more words to fill the line.'.repeat((index * 7) % 9)}`,
  }));
  await parley.accept(conversationId, texts);
  await parley.untilStored(alice, conversationId, COUNT);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

test('2,000 messages are there when scrolled to, and only what is seen is in the document', async () => {
  await alice.api.put(`/conversations/${conversationId}/read`, { seq: COUNT });
  const hers = await parley.device(alice, { hash: `#/c/${conversationId}` });
  await hers.seesMessage(`Message ${COUNT}.`);
  let most = 0;
  await expect
    .poll(
      async () => {
        await hers.list.hover();
        await hers.page.mouse.wheel(0, -6000);
        most = Math.max(most, await hers.list.getByRole('listitem').count());
        return hers.page.getByText('This is where the conversation begins.').count();
      },
      { timeout: 50_000, interval: 100 },
    )
    .toBe(1);
  await hers.list.press('Home');
  await hers.seesMessage('Message 1.');
  expect(most).toBeLessThan(120);
  const texts = await hers.texts();
  expect(texts.slice(0, 5).map((text) => text.split('.')[0])).toEqual(
    [1, 2, 3, 4, 5].map((n) => `Message ${n}`),
  );
  await hers.button('Newest').click();
  await hers.message(`Message ${COUNT}.`).waitFor();
});

test('older messages come in above without moving what is read', async () => {
  await alice.api.put(`/conversations/${conversationId}/read`, { seq: COUNT });
  const hers = await parley.device(alice, { hash: `#/c/${conversationId}` });
  await hers.seesMessage(`Message ${COUNT}.`);
  for (let page = 0; page < 4; page += 1) {
    const answer = hers.page.waitForResponse((response) => response.url().includes('before='));
    // Up to the edge of what is loaded, while the answer is held back.
    const held = await holdBack(hers, '**/v1/messages?*before=*');
    await hers.list.hover();
    for (let turn = 0; turn < 12; turn += 1) await hers.page.mouse.wheel(0, -900);
    await expect.poll(() => held.count).toBeGreaterThan(0);
    const before = await firstOnScreen(hers);
    held.release();
    await answer;
    await hers.page.waitForFunction(RENDERED_TWICE);
    const after = await positionOf(hers, before.text);
    expect(Math.abs(after - before.top), `page ${page}`).toBeLessThanOrEqual(2);
  }
});

test('a reader further up is not moved by new messages, and is told of them', async () => {
  await alice.api.put(`/conversations/${conversationId}/read`, { seq: COUNT });
  const hers = await parley.device(alice, { hash: `#/c/${conversationId}` });
  await hers.seesMessage(`Message ${COUNT}.`);
  await hers.list.hover();
  await hers.page.mouse.wheel(0, -1500);
  await hers.button('Newest').waitFor();
  const before = await firstOnScreen(hers);
  await parley.accept(conversationId, [{ from: bob, text: 'Are you there?' }]);
  await hers.button('1 new').waitFor();
  expect(Math.abs((await positionOf(hers, before.text)) - before.top)).toBeLessThanOrEqual(2);
  // What is below the screen has not been seen.
  await hers.row('Bob').getByText('1 unread').waitFor();
  await hers.button('1 new').click();
  await hers.message('Are you there?').waitFor();
  await hers.row('Bob').getByText('1 unread').waitFor({ state: 'detached' });
});

test('a conversation with much unread opens where one had stopped reading', async () => {
  const { lastSeq } = (await bob.api.get<{ lastSeq: number }>(`/conversations/${conversationId}`)).body;
  await parley.accept(
    conversationId,
    Array.from({ length: 60 }, (_, index) => ({ from: alice, text: `News ${index + 1}.` })),
  );
  await bob.api.put(`/conversations/${conversationId}/read`, { seq: lastSeq });
  const his = await parley.device(bob, { hash: `#/c/${conversationId}` });
  await his.page.getByText('New messages').waitFor();
  await his.message('News 1.').waitFor();
  expect(await his.page.getByText('New messages').isVisible()).toBe(true);
  const box = await his.page.getByText('New messages').boundingBox();
  expect(box?.y).toBeGreaterThan(60);
  expect(box?.y).toBeLessThan(300);
});

/** Two frames after now, whatever was to be rendered is. */
const RENDERED_TWICE = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))`;

async function holdBack(chat: ChatPage, pattern: string): Promise<{ count: number; release(): void }> {
  const held = { count: 0, release: () => {} };
  const released = new Promise<void>((resolve) => {
    held.release = resolve;
  });
  await chat.page.route(pattern, async (route) => {
    held.count += 1;
    await released;
    await route.continue();
  });
  return held;
}

type Seen = { text: string; top: number };

/** The text of the first message that is wholly on the screen, and how far down it begins. */
function firstOnScreen(chat: ChatPage): Promise<Seen> {
  return chat.page.evaluate(`(() => {
    const edge = document.querySelector('.message-scroll').getBoundingClientRect().top;
    const first = [...document.querySelectorAll('.bubble-text')].find((one) => one.getBoundingClientRect().top > edge);
    return { text: first.textContent, top: first.getBoundingClientRect().top };
  })()`);
}

function positionOf(chat: ChatPage, text: string): Promise<number> {
  return chat.page.evaluate(`[...document.querySelectorAll('.bubble-text')]
    .find((one) => one.textContent === ${JSON.stringify(text)}).getBoundingClientRect().top`);
}
