import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.ts';
import { StartError } from './start-error.ts';

let owner: ChildProcess | undefined;
let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'parley-folder-'));
  folder = join(parent, 'some', 'data');
});
afterEach(() => {
  owner?.kill('SIGKILL');
  rmSync(parent, { recursive: true });
});

test('is made with its parents, for its owner alone', () => {
  const opened = openDataFolder(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(opened).toMatchObject({ path: folder, isEmpty: true });
  opened.release();
});

test('belongs to one process at a time', () => {
  const first = openDataFolder(folder);
  expect(() => openDataFolder(folder)).toThrow(StartError);
  expect(() => openDataFolder(folder)).toThrow(
    `The data folder ${folder} is in use by another Parley (process ${process.pid}): stop it, or set PARLEY_DATA to another folder.`,
  );
  first.release();
  openDataFolder(folder).release();
});

test('is free again when its owner was killed', async () => {
  const script = `
    import { openDataFolder } from ${JSON.stringify(join(import.meta.dirname, 'data-folder.ts'))};
    openDataFolder(${JSON.stringify(folder)});
    console.log('open');
    setInterval(() => {}, 1000);
  `;
  const started = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owner = started;
  await once(started.stdout, 'data');
  expect(() => openDataFolder(folder)).toThrow(`process ${started.pid}`);
  started.kill('SIGKILL');
  await once(started, 'exit');
  openDataFolder(folder).release();
});

test('that cannot be made is one clear sentence', () => {
  writeFileSync(join(parent, 'file'), '');
  expect(() => openDataFolder(join(parent, 'file', 'data'))).toThrow(
    /^Cannot write to the data folder .*ENOTDIR/,
  );
  if (process.platform === 'linux') {
    expect(() => openDataFolder('/proc/parley')).toThrow(
      /^Cannot write to the data folder \/proc\/parley: ENOENT/,
    );
  }
});

test('is not empty once something is stored, and fresh removes just that', () => {
  openDataFolder(folder).release();
  mkdirSync(join(folder, 'kinesis'));
  writeFileSync(join(folder, 'kinesis', 'CURRENT'), '');
  writeFileSync(join(folder, 'dynamodb.sqlite-wal'), '');
  writeFileSync(join(folder, 'holiday.jpg'), '');

  const again = openDataFolder(folder);
  expect(again.isEmpty).toBe(false);
  again.release();

  const fresh = openDataFolder(folder, { fresh: true });
  expect(fresh.isEmpty).toBe(true);
  expect(existsSync(join(folder, 'kinesis'))).toBe(false);
  expect(existsSync(join(folder, 'dynamodb.sqlite-wal'))).toBe(false);
  expect(existsSync(join(folder, 'holiday.jpg'))).toBe(true);
  fresh.release();
});

test('in use is not emptied', () => {
  const owner = openDataFolder(folder);
  writeFileSync(join(folder, 'secrets.json'), '[]');
  expect(() => openDataFolder(folder, { fresh: true })).toThrow('in use');
  expect(existsSync(join(folder, 'secrets.json'))).toBe(true);
  owner.release();
});
