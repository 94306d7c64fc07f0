/** Builds the web client into `dist/web`, and checks what a browser has to load before anything is shown. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const projectRoot = dirname(import.meta.dirname);
export const webDirectory = join(projectRoot, 'dist/web');

/** Gzipped JavaScript of the first load: about a second on a slow phone's 400 kbit/s. */
export const SCRIPT_LIMIT = 60 * 1024;

/** @returns the directory with the built files */
export async function buildWeb(): Promise<string> {
  await build({ configFile: join(projectRoot, 'web/vite.config.ts'), logLevel: 'warn' });
  const size = scriptSize();
  if (size > SCRIPT_LIMIT)
    throw new Error(`The web client's scripts have ${size} bytes gzipped; ${SCRIPT_LIMIT} are allowed`);
  return webDirectory;
}

/** Of all scripts together: none is loaded later. */
export function scriptSize(): number {
  const assets = join(webDirectory, 'assets');
  return readdirSync(assets)
    .filter((name) => name.endsWith('.js'))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name)), { level: 9 }).length, 0);
}

if (import.meta.main) {
  try {
    await buildWeb();
    console.log(`dist/web: ${(scriptSize() / 1024).toFixed(1)} KB of JavaScript gzipped`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
