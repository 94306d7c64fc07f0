/** What every outbox storage must do. IndexedDB is held to it in a real browser: tests/browser/client-tabs.test.ts. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileStorage } from '../node/file-storage.ts';
import { memoryStorage, type OutboxRecord, type OutboxStorage } from '../src/storage.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parley-storage-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(directory, `outbox-${files}.jsonl`);
}

function record(messageId: string, change: Partial<OutboxRecord> = {}): OutboxRecord {
  const base = {
    conversationId: 'room',
    senderId: 'alice',
    content: 'hello\n"there"',
    queuedAt: 1,
    order: 1,
  };
  return { messageId, ...base, state: 'queued', ...change };
}

const byId = (records: OutboxRecord[]) =>
  records.sort((one, other) => (one.messageId < other.messageId ? -1 : 1));

describe.each([
  ['memory', memoryStorage],
  ['file', () => fileStorage(newFile())],
] satisfies [string, () => OutboxStorage][])('%s', (_name, make) => {
  test('keeps records as they were put, the last one of each messageId', async () => {
    const storage = make();
    expect(await storage.all()).toEqual([]);
    const failed = record('b', { state: 'failed', error: { code: 'FORBIDDEN', message: 'no' }, replyTo: 3 });
    await storage.put(record('a'));
    await storage.put(record('b'));
    await storage.put(failed);
    expect(byId(await storage.all())).toEqual([record('a'), failed]);
    await storage.delete('a');
    await storage.delete('never there');
    expect(await storage.all()).toEqual([failed]);
    await storage.close?.();
  });

  test('takes changes that are made without waiting in the order in which they were made', async () => {
    const storage = make();
    await Promise.all([storage.put(record('a')), storage.delete('a'), storage.put(record('b'))]);
    expect(await storage.all()).toEqual([record('b')]);
    await storage.close?.();
  });

  test('hands out copies', async () => {
    const storage = make();
    const mine = record('a');
    await storage.put(mine);
    mine.content = 'changed';
    expect((await storage.all())[0]?.content).toBe(record('a').content);
    await storage.close?.();
  });
});

describe('a file', () => {
  test('survives the process', async () => {
    const path = newFile();
    const before = fileStorage(path);
    await before.put(record('a'));
    await before.put(record('b'));
    await before.delete('a');
    const after = fileStorage(path);
    expect(await after.all()).toEqual([record('b')]);
    await Promise.all([before.close?.(), after.close?.()]);
  });

  test('survives a crash in the middle of a line', async () => {
    const path = newFile();
    const before = fileStorage(path);
    await before.put(record('a'));
    await before.close?.();
    appendFileSync(path, '{"put":{"messageId":"b","conte');
    const after = fileStorage(path);
    expect(await after.all()).toEqual([record('a')]);
    await after.put(record('c'));
    await after.close?.();
    const again = fileStorage(path);
    expect(byId(await again.all())).toEqual([record('a'), record('c')]);
    await again.close?.();
  });

  test('does not grow for ever', async () => {
    const path = newFile();
    const storage = fileStorage(path);
    for (let index = 0; index < 400; index += 1) {
      await storage.put(record(`m-${index}`));
      await storage.delete(`m-${index}`);
    }
    await storage.put(record('last'));
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(520);
    expect(await storage.all()).toEqual([record('last')]);
    await storage.close?.();
  });

  test('is used again after it was closed', async () => {
    const storage = fileStorage(newFile());
    await storage.put(record('a'));
    await storage.close?.();
    await storage.put(record('b'));
    expect(byId(await storage.all())).toEqual([record('a'), record('b')]);
    await storage.close?.();
  });

  test('says what is wrong with its place', async () => {
    const path = newFile();
    writeFileSync(path, '');
    await expect(fileStorage(join(path, 'below-a-file')).put(record('a'))).rejects.toThrow('ENOTDIR');
  });
});
