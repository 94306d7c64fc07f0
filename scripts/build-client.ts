/**
 * Builds what `@parley/client` publishes into `client/dist`: one ES module for each entry, and the declarations that
 * a reader of these modules meets. `npm pack ./client` does the rest.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const projectRoot = dirname(import.meta.dirname);
const clientDirectory = join(projectRoot, 'client');

/** Published name, without its ending, and source. */
const entries = { index: 'src/index.ts', node: 'node/file-storage.ts' };

/** What runs in Node 20 and in browsers from 2022 on. */
const target = ['es2022', 'node20'];

export async function buildClient(outputDirectory = join(clientDirectory, 'dist')): Promise<void> {
  rmSync(outputDirectory, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: clientDirectory,
    entryPoints: Object.entries(entries).map(([out, entry]) => ({ in: entry, out })),
    outdir: outputDirectory,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target,
    external: ['node:*'],
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  writeDeclarations(outputDirectory);
}

/** As an application's bundler leaves it: minified, with what `source` takes of the client and nothing else. */
export async function bundleForBrowser(source: string): Promise<Uint8Array> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: source, resolveDir: clientDirectory, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target,
    write: false,
    // A source that takes nothing of the client is one of our questions, not a mistake.
    logLevel: 'error',
    alias: { '@parley/client': join(clientDirectory, entries.index) },
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild wrote nothing');
  return file.contents;
}

/** Of {@link bundleForBrowser}, in bytes. */
export async function gzippedSize(source: string): Promise<number> {
  return gzipSync(await bundleForBrowser(source), { level: 9 }).length;
}

function writeDeclarations(outputDirectory: string): void {
  const emitted = mkdtempSync(join(clientDirectory, '.declarations-'));
  try {
    emitDeclarations(emitted);
    const reached = new Set<string>();
    for (const entry of Object.values(entries)) copyReachable(emitted, entry, outputDirectory, reached);
  } finally {
    rmSync(emitted, { recursive: true });
  }
}

function emitDeclarations(directory: string): void {
  const options = [
    '--noEmit',
    'false',
    '--declaration',
    '--emitDeclarationOnly',
    '--rootDir',
    clientDirectory,
  ];
  const { status, stdout, stderr } = spawnSync(
    join(projectRoot, 'node_modules/.bin/tsc'),
    ['--project', clientDirectory, ...options, '--outDir', directory],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The client's declarations cannot be written:\n${stdout}${stderr}`);
}

/** Parts of the client that no exported declaration speaks of are not published. */
function copyReachable(from: string, source: string, to: string, reached: Set<string>): void {
  if (reached.has(source)) return;
  reached.add(source);
  const path = source.replace(/\.ts$/, '.d.ts');
  const text = readFileSync(join(from, path), 'utf8');
  for (const [, imported] of text.matchAll(/from '(\.[^']+\.ts)'/g)) {
    if (imported !== undefined) copyReachable(from, join(dirname(source), imported), to, reached);
  }
  mkdirSync(dirname(join(to, path)), { recursive: true });
  // Compilers older than ours know only the ending of what will run.
  writeFileSync(join(to, path), text.replaceAll(/from '(\.[^']+)\.ts'/g, "from '$1.js'"));
}

if (import.meta.main) {
  await buildClient();
  const size = await gzippedSize("export * from '@parley/client'");
  console.log(
    `Built ${relative(process.cwd(), join(clientDirectory, 'dist'))}: ${size} bytes minified and gzipped`,
  );
}
