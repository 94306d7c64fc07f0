import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  resolve: { alias: { '@parley/client': here('../client/src/index.ts') } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // `npx vite --config web/vite.config.ts` shows changes at once, with `npm start` behind it.
  server: {
    proxy: {
      // Its own Host is kept, so that Parley takes the page's Origin for the same.
      '/v1': { target: 'http://localhost:8787', changeOrigin: false },
      '/connect': { target: 'ws://localhost:8787', ws: true },
    },
  },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // Everything but index.html and the icons is named by its content, and may be kept for good.
    assetsDir: 'assets',
    // The CSP allows no data: URLs but for images, and an inlined file could not be kept on its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
