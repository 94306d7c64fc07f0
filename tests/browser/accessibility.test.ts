import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityFaults } from './support/accessibility-faults.ts';
import { type Scene, setScene } from './support/scene.ts';
import { sizes, themes, views } from './support/views.ts';
import { WebParley } from './support/web-parley.ts';

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
    for (const colorScheme of themes) {
      await chat.page.emulateMedia({ colorScheme });
      expect(await accessibilityFaults(chat.page), colorScheme).toEqual([]);
    }
    const overflow: number = await chat.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow, 'pixels too wide').toBe(0);
  });
});
