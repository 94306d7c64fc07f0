/** Builds the web client into `dist/web`, and checks what a browser has to load before anything is shown. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeIfChanged } from './build.ts';

const projectRoot = dirname(import.meta.dirname);
export const webDirectory = join(projectRoot, 'dist/web');

/** Gzipped JavaScript of the first load: a second and a quarter at the 400 kbit/s of a poor mobile network. */
export const SCRIPT_LIMIT = 60 * 1024;

/** @returns the directory with the built files */
export async function buildWeb(): Promise<string> {
  // Loaded here, since most who import this file need its names only.
  const { build } = await import('vite');
  mkdirSync(dirname(webDirectory), { recursive: true });
  const fresh = mkdtempSync(join(dirname(webDirectory), '.web-'));
  try {
    await build({
      configFile: join(projectRoot, 'web/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: fresh, emptyOutDir: true },
    });
    publish(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  const size = scriptSize();
  if (size > SCRIPT_LIMIT)
    throw new Error(`The web client's scripts have ${size} bytes gzipped; ${SCRIPT_LIMIT} are allowed`);
  return webDirectory;
}

/** Of all scripts together: none is loaded later. */
export function scriptSize(): number {
  return filesBelow(webDirectory)
    .filter((name) => name.endsWith('.js'))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(webDirectory, name)), { level: 9 }).length, 0);
}

/** File by file and only what differs, the page last: a test or a synthesis may be reading the directory. */
function publish(fresh: string): void {
  const names = filesBelow(fresh).sort((a, b) => Number(a.endsWith('.html')) - Number(b.endsWith('.html')));
  for (const name of names) writeIfChanged(join(webDirectory, name), readFileSync(join(fresh, name)));
  for (const name of filesBelow(webDirectory)) {
    if (!names.includes(name)) rmSync(join(webDirectory, name), { force: true });
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => relative(directory, join(item.parentPath, item.name)));
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
