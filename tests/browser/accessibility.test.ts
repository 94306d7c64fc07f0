import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChatPage } from './support/chat-page.ts';
import { type Scene, setScene } from './support/scene.ts';
import { sizes, themes, views } from './support/views.ts';
import { WebParley } from './support/web-parley.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let parley: WebParley;
let scene: Scene;

beforeAll(async () => {
  parley = await WebParley.start();
  scene = await setScene(parley);
});
afterEach(async () => {
  await parley?.closeDevices();
  expect(parley.faults).toEqual([]);
});
afterAll(() => parley?.close());

describe.each(views)('$name', ({ show }) => {
  test.each(sizes)('has nothing that axe finds fault with, and fits into $width px', async (viewport) => {
    const chat = await show(scene, { viewport, reducedMotion: 'reduce' });
    await chat.page.evaluate(axe);
    for (const colorScheme of themes) {
      await chat.page.emulateMedia({ colorScheme });
      expect(await faultsOf(chat), colorScheme).toEqual([]);
    }
    const overflow: number = await chat.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow, 'pixels too wide').toBe(0);
  });
});

async function faultsOf({ page }: ChatPage) {
  const { violations }: AxeResults = await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(levels)} })`,
  );
  return violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
  }));
}
