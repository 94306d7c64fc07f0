import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from '../build.ts';

export type BundleMeasure = { name: string; gzippedBytes: number; importMs: number };

const imports = 5;

/** What each function weighs, and how long a fresh process takes to import it: the part of a cold start that is ours. */
export async function measureBundles(environment: NodeJS.ProcessEnv): Promise<BundleMeasure[]> {
  const bundles = await build();
  return bundles.map(({ name, directory }) => {
    const file = join(directory, 'index.mjs');
    const times = Array.from({ length: imports }, () => importMs(file, environment));
    return { name, gzippedBytes: gzipSync(readFileSync(file)).length, importMs: median(times) };
  });
}

function importMs(file: string, environment: NodeJS.ProcessEnv): number {
  const program = `
    const begun = performance.now();
    await import(${JSON.stringify(file)});
    process.stdout.write(String(performance.now() - begun));
    process.exit();`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { env: environment });
  return Number(output);
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
