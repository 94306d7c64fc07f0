/** Every snippet of client/README.md compiles, and runs against a Parley with the demo's users. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareDemo } from '../../local/demo.ts';
import { Parley } from '../support/parley.ts';

const projectRoot = join(import.meta.dirname, '../..');
const readme = readFileSync(join(projectRoot, 'client/README.md'), 'utf8');
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match, index) => {
  const text = match[1] ?? '';
  const heading = readme
    .slice(0, match.index)
    .match(/(?<=^## ).*$/gm)
    ?.at(-1);
  return { name: `${heading} (${index + 1})`, file: `snippet-${index + 1}.ts`, text };
});

let parley: Parley;
let directory: string;

beforeAll(async () => {
  parley = await Parley.start();
  await prepareDemo(parley.runtime);
  // Below the project, where the package's name is known to Node and to the compiler by the settings written here.
  directory = mkdtempSync(join(projectRoot, 'client/.snippets-'));
  for (const { file, text } of snippets) {
    const local = text
      .replaceAll("'@parley/client'", "'../src/index.ts'")
      .replaceAll("'@parley/client/node'", "'../node/file-storage.ts'")
      .replaceAll('http://localhost:8787', parley.runtime.url);
    writeFileSync(join(directory, file), local);
  }
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }),
  );
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await parley.close();
});

test('there are snippets', () => {
  expect(snippets.length).toBeGreaterThanOrEqual(7);
});

test('they compile', () => {
  const tsc = spawnSync(join(projectRoot, 'node_modules/.bin/tsc'), ['--project', directory], {
    encoding: 'utf8',
  });
  expect(tsc).toMatchObject({ stdout: '', stderr: '', status: 0 });
});

test.each(snippets)('$name runs', async ({ file }) => {
  // Ends by itself: `close` leaves nothing that keeps a process alive.
  const { stderr } = await promisify(execFile)(process.execPath, [file], { cwd: directory, timeout: 25_000 });
  expect(stderr).toBe('');
});
