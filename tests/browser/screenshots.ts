/** `npm run screenshots`: every view in both themes and two widths, as files of docs/screenshots. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import globalSetup from './support/global-setup.ts';
import { setScene } from './support/scene.ts';
import { sizes, themes, views } from './support/views.ts';
import { WebParley } from './support/web-parley.ts';

const directory = join(import.meta.dirname, '../../docs/screenshots');

const localViews = ['overview', 'invocations', 'tables?name=MessagesByConversation'];

/** Names of views limit the run to them. */
const wanted = process.argv.slice(2);

await globalSetup();
await mkdir(directory, { recursive: true });
const parley = await WebParley.start();
try {
  const scene = await setScene(parley);
  for (const { name, show } of views) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const viewport of sizes) {
      for (const colorScheme of themes) {
        const chat = await show(scene, { viewport, colorScheme, reducedMotion: 'reduce' });
        await chat.page.evaluate('document.fonts.ready.then(() => true)');
        // Nothing is shown only because the pointer happens to be on it.
        await chat.page.mouse.move(0, 0);
        const path = join(directory, `${name}-${colorScheme}-${viewport.width}.png`);
        await chat.page.screenshot({ path, caret: 'hide', animations: 'disabled' });
        await parley.closeDevices();
      }
    }
  }
  for (const view of localViews) {
    const name = `local-${view.split('?')[0]}`;
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    // Somebody writes, so that there is something to see.
    const chat = await parley.device(scene.alice, { hash: `#/c/${scene.direct}` });
    await chat.send(`This is how it looks from behind: ${view}`);
    await chat.seesMessage(view);
    for (const colorScheme of themes) {
      const page = await parley.localConsole(`#${view}`, { colorScheme });
      await page.locator('main tbody tr, main .invocations li').first().waitFor();
      const delivered = page.locator('summary').filter({ hasText: 'stream-deliver' });
      if (name === 'local-invocations') await delivered.first().click();
      const path = join(directory, `${name}-${colorScheme}.png`);
      await page.screenshot({ path, animations: 'disabled' });
    }
    await parley.closeDevices();
  }
} finally {
  await parley.close();
}
