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

test.each([
  { how: 'many short steps', steps: 12, pixels: 900 },
  // The rows that one step skips are never rendered, so their heights are estimates when the list reaches the top.
  { how: 'one fling', steps: 1, pixels: 30_000 },
])(
  'older messages are loaded without moving what is read, after $how to the top',
  async ({ steps, pixels }) => {
    await alice.api.put(`/conversations/${conversationId}/read`, { seq: COUNT });
    const hers = await parley.device(alice, { hash: `#/c/${conversationId}` });
    await hers.seesMessage(`Message ${COUNT}.`);
    for (let page = 0; page < 4; page += 1) {
      // The response is held back until the list is still at the edge of what is loaded.
      const held = await holdBack(hers, '**/v1/messages?*before=*');
      await hers.list.hover();
      for (let step = 0; step < steps; step += 1) await hers.page.mouse.wheel(0, -pixels);
      await expect.poll(() => held.count, { timeout: 15_000 }).toBeGreaterThan(0);
      const before = await firstOnScreen(hers);
      const height = await heightOfList(hers);
      held.release();
      await expect.poll(() => heightOfList(hers), { timeout: 15_000 }).toBeGreaterThan(height);
      const after = await positionOf(hers, before.text);
      expect(Math.abs(after - before.top), `page ${page}`).toBeLessThanOrEqual(2);
    }
  },
);

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

/** In the page. */
const LIST = `document.querySelector('.message-scroll')`;
/** Frames without movement after which the list counts as still. */
const STILL_FRAMES = 10;

/** `wheel` returns before the list has scrolled, and the rows that appear are measured in the frames after that. */
async function untilStill(chat: ChatPage): Promise<void> {
  await chat.page.evaluate(`new Promise((resolve) => {
    const list = ${LIST};
    let last;
    let frames = 0;
    const look = () => {
      const place = list.scrollTop + ' of ' + list.scrollHeight;
      frames = place === last ? frames + 1 : 0;
      last = place;
      if (frames === ${STILL_FRAMES}) resolve();
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

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

/** The text of the first message that is wholly on the screen, and how far down it begins, once the list is still. */
async function firstOnScreen(chat: ChatPage): Promise<Seen> {
  await untilStill(chat);
  return chat.page.evaluate(`(() => {
    const edge = ${LIST}.getBoundingClientRect().top;
    const first = [...document.querySelectorAll('.bubble-text')].find((one) => one.getBoundingClientRect().top > edge);
    return { text: first.textContent, top: first.getBoundingClientRect().top };
  })()`);
}

/** How far down a message begins, once the list is still. */
async function positionOf(chat: ChatPage, text: string): Promise<number> {
  await untilStill(chat);
  return chat.page.evaluate(`[...document.querySelectorAll('.bubble-text')]
    .find((one) => one.textContent === ${JSON.stringify(text)}).getBoundingClientRect().top`);
}

function heightOfList(chat: ChatPage): Promise<number> {
  return chat.page.evaluate(`${LIST}.scrollHeight`);
}
