/** Builds the page of `/_local/` into `dist/console`. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as esbuild from 'esbuild';
import { writeIfChanged } from './build.ts';

const projectRoot = dirname(import.meta.dirname);
const source = join(projectRoot, 'local/console/page');
export const consoleDirectory = join(projectRoot, 'dist/console');

/** @returns the directory with the built files */
export async function buildConsole(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: projectRoot,
    entryPoints: { console: join(source, 'main.tsx') },
    outdir: consoleDirectory,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  for (const { path, contents } of outputFiles) writeIfChanged(path, contents);
  writeIfChanged(join(consoleDirectory, 'index.html'), readFileSync(join(source, 'index.html')));
  return consoleDirectory;
}
