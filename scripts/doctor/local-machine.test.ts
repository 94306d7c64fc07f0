import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from '../../local/emulators/data-folder.ts';
import { dataFolder, diagnoseMachine, nodeVersion } from './local-machine.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-doctor-test-'));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

async function serve(body: string): Promise<string> {
  server = createServer((_, response) => response.end(body));
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return String((server.address() as AddressInfo).port); // It listens on TCP.
}

const diagnose = (environment: NodeJS.ProcessEnv) =>
  diagnoseMachine({ PATH: '/nowhere', PARLEY_DATA: folder, PORT: '0', ...environment });

test('this machine can run Parley, and lacks what was taken off its PATH', async () => {
  const all = await diagnose({});
  expect(all.map(({ subject, state }) => [subject, state])).toEqual([
    ['Node.js', 'ok'],
    ['port', 'ok'],
    ['DynamoDB emulator', 'ok'],
    ['Kinesis emulator', 'ok'],
    ['data folder', 'ok'],
    ['a browser, for tests', 'warning'],
    ['Valkey, for tests', 'warning'],
  ]);
});

test('a port is ours, or somebody else has it', async () => {
  const port = await serve(JSON.stringify({ status: 'ok', version: '0.1.0' }));
  expect(await diagnose({ PORT: port })).toContainEqual(
    expect.objectContaining({ subject: `port ${port}`, state: 'ok', detail: 'a Parley is running there' }),
  );
  server?.close();
  const other = await serve('<html>');
  expect(await diagnose({ PORT: other })).toContainEqual(
    expect.objectContaining({
      subject: `port ${other}`,
      state: 'failed',
      advice: expect.stringContaining('PORT='),
    }),
  );
});

test('an emulator that does not run is told with what to do', async () => {
  expect(await diagnose({ PARLEY_DYNOXIDE: '/bin/false' })).toContainEqual(
    expect.objectContaining({ subject: 'DynamoDB emulator', state: 'failed' }),
  );
});

test('a data folder is free, in use, or still to be made', () => {
  expect(dataFolder(folder)).toMatchObject({ state: 'ok', detail: expect.stringContaining('free to use') });
  const owner = openDataFolder(folder);
  expect(dataFolder(folder)).toMatchObject({ state: 'ok', detail: expect.stringContaining('in use') });
  owner.release();
  expect(dataFolder(join(folder, 'none')).detail).toContain('the first start makes');
});

test('an old Node.js fails', () => {
  expect(nodeVersion('20.19.0')).toMatchObject({
    state: 'failed',
    advice: expect.stringContaining('npm run doctor'),
  });
});
