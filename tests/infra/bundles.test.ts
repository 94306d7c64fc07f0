import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { functionNames } from '../../infra/functions.ts';
import { bundlesDirectory, metafilePath } from '../../scripts/build.ts';

const metafile: Metafile = JSON.parse(readFileSync(metafilePath, 'utf8'));

describe.each(functionNames)('the bundle of %s', (name) => {
  const path = join(bundlesDirectory, name, 'index.mjs');
  const output = metafile.outputs[`dist/lambdas/${name}/index.mjs`];

  test('exports the handler that Lambda calls', () => {
    expect(output?.exports).toContain('handler');
  });

  test('needs nothing as it starts that Lambda does not bring', () => {
    const foreign = output?.imports.filter(
      ({ kind, path: imported }) => kind === 'import-statement' && !isBuiltin(imported),
    );
    expect(foreign).toEqual([]);
    // What esbuild writes where a module in CommonJS asks for something at run time: it fails in an ES module.
    expect(readFileSync(path, 'utf8')).not.toContain('Dynamic require of');
  });

  test('leaves out only credential sources that no function meets', () => {
    const later = output?.imports.filter(
      ({ kind, path: imported }) => kind === 'dynamic-import' && !isBuiltin(imported),
    );
    for (const { path: imported } of later ?? []) {
      if (imported === './valkey.mjs') continue; // See below.
      expect(imported).toMatch(
        /^@(aws-sdk\/credential-provider-(?!env|node)|smithy\/credential-provider-imds)/,
      );
    }
  });

  test('is at most 250 KB, gzipped', () => {
    expect(gzipSync(readFileSync(path)).length).toBeLessThanOrEqual(250 * 1024);
  });

  test('comes with a source map that names our files and holds no sources', () => {
    const map: { sources: string[]; sourcesContent?: unknown } = JSON.parse(
      readFileSync(`${path}.map`, 'utf8'),
    );
    expect(map.sources.some((source) => source.endsWith(`lambdas/${name.replace('-', '/')}.ts`))).toBe(true);
    expect(map.sourcesContent).toBeUndefined();
  });
});

test('the client of the cache lies beside each bundle that may ask for it, and loads there', async () => {
  const wanting = functionNames.filter((name) =>
    metafile.outputs[`dist/lambdas/${name}/index.mjs`]?.imports.some(({ path }) => path === './valkey.mjs'),
  );
  expect(wanting).toContain('stream-deliver');
  for (const name of wanting) {
    const client = await import(join(bundlesDirectory, name, 'valkey.mjs'));
    expect(client).toMatchObject({ Redis: expect.any(Function), Cluster: expect.any(Function) });
  }
});
