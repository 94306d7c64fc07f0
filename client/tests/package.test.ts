/** What is published: its size, its types, and that it needs nothing else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClient, gzippedSize as gzipped } from '../../scripts/build-client.ts';

const clientDirectory = join(import.meta.dirname, '..');
const kilobyte = 1024;

/** A project that has installed the package. */
let consumer: string;

beforeAll(async () => {
  consumer = mkdtempSync(join(tmpdir(), 'parley-consumer-'));
  const installed = join(consumer, 'node_modules/@parley/client');
  await mkdir(installed, { recursive: true });
  await buildClient(join(installed, 'dist'));
  symlinkSync(join(clientDirectory, 'package.json'), join(installed, 'package.json'));
  writeFileSync(join(consumer, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(consumer, { recursive: true }));

test('all of it is at most 15 KB, minified and gzipped', async () => {
  expect(await gzipped(`export * from '@parley/client'`)).toBeLessThanOrEqual(15 * kilobyte);
});

test('what an application does not use is left out of its bundle', async () => {
  expect(await gzipped(`export { ParleyError } from '@parley/client'`)).toBeLessThan(0.5 * kilobyte);
  expect(await gzipped(`import '@parley/client'`)).toBeLessThan(0.1 * kilobyte);
});

test('has no dependency, and its main entry nothing of Node', () => {
  const manifest = JSON.parse(readFileSync(join(clientDirectory, 'package.json'), 'utf8'));
  expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);

  const dist = join(consumer, 'node_modules/@parley/client/dist');
  const published = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(js|ts)$/.test(name),
  );
  expect(published).toContain('index.js');
  for (const name of published) {
    const imported = [
      ...readFileSync(join(dist, name), 'utf8').matchAll(/(?:from|import) ?\(?['"]([^'"]+)['"]/g),
    ];
    const foreign = imported.map((match) => match[1] ?? '').filter((from) => !from.startsWith('.'));
    expect(foreign.filter((from) => !(name === 'node.js' && from.startsWith('node:')))).toEqual([]);
  }
});

test.each([
  { where: 'a browser', settings: { lib: ['ES2022', 'DOM'], types: [] } },
  {
    where: 'Node',
    settings: {
      lib: ['ES2023'],
      types: ['node'],
      typeRoots: [join(clientDirectory, '../node_modules/@types')],
    },
  },
])('its declarations suit the strictest compiler in $where', ({ settings }) => {
  const config = {
    compilerOptions: {
      ...settings,
      target: 'ES2022',
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    },
    files: ['consumer.ts'],
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(
    join(consumer, 'consumer.ts'),
    `import { memoryStorage, type Message, ParleyClient, ParleyError } from '@parley/client';
     import { fileStorage } from '@parley/client/node';
     const client = new ParleyClient({ url: 'https://chat.example', token: 'x', WebSocket, fetch, storage: memoryStorage() });
     const other = new ParleyClient({ url: 'https://chat.example', getToken: async () => 'x', storage: fileStorage('outbox') });
     const off = client.on('message', (message: Message) => message.content.length);
     off();
     for (const { title, unreadCount } of other.conversations()) String(title ?? unreadCount);
     const outgoing = client.conversation('id').send('hello', { replyTo: 1 });
     outgoing.whenStored().catch((error: unknown) => error instanceof ParleyError && error.code === 'CLOSED');
     // @ts-expect-error: what is internal is not declared
     client.emit('message', undefined);
     // @ts-expect-error: nor is this
     outgoing.become('stored');`,
  );
  const { stdout } = spawnSync(join(clientDirectory, '../node_modules/.bin/tsc'), ['--project', consumer], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});

test('runs as it is published', () => {
  const script = `
    import { ParleyClient } from '@parley/client';
    import { fileStorage } from '@parley/client/node';
    class NoSocket { close() {} }
    const options = { url: 'http://localhost:1', token: 'x', userId: 'u', WebSocket: NoSocket, storage: fileStorage('outbox') };
    const before = new ParleyClient(options);
    before.conversation('c').send('kept');
    await before.close();
    const after = new ParleyClient({ ...options, storage: fileStorage('outbox') });
    after.on('outgoing', async ({ content, state }) => { console.log(content, state); await after.close(); });`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: consumer,
    encoding: 'utf8',
  });
  expect(output).toBe('kept queued\n');
});
