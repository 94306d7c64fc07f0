/** `npm run screenshots`: every view in both themes and two widths, as files of docs/screenshots. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import globalSetup from './support/global-setup.ts';
import { setScene } from './support/scene.ts';
import { sizes, themes, views } from './support/views.ts';
import { WebParley } from './support/web-parley.ts';

const directory = join(import.meta.dirname, '../../docs/screenshots');

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
        const path = join(directory, `${name}-${colorScheme}-${viewport.width}.png`);
        await chat.page.screenshot({ path, caret: 'hide', animations: 'disabled' });
        await parley.closeDevices();
      }
    }
  }
} finally {
  await parley.close();
}
