/** `@parley/client/node`: for Node only, and an entry of its own so that no browser's bundle meets `node:fs`. */
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import type { OutboxRecord, OutboxStorage } from '../src/storage.ts';

type Line = { put: OutboxRecord } | { delete: string };

/** With more outdated lines than this the file is written anew. */
const outdatedLines = 500;

/**
 * An outbox in a file: a line for each change, each on the disk before it counts. One process at a time.
 * @param path of the file; its folder must exist
 */
export function fileStorage(path: string): OutboxStorage {
  const records = new Map<string, OutboxRecord>();
  let lines = 0;
  let file: FileHandle | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other, whatever became of the one before. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = last.then(work, work);
    last = result.catch(() => undefined); // Its caller hears of it.
    return result;
  }

  async function opened(): Promise<FileHandle> {
    if (file !== undefined) return file;
    for (const line of parse(await readFile(path, 'utf8').catch(nothingYet))) apply(records, line);
    // Written anew at once: a line that a crash has cut short must not run into the next one.
    return rewrite();
  }

  async function rewrite(): Promise<FileHandle> {
    await file?.close();
    file = undefined;
    const beside = `${path}.new`;
    await rm(beside, { force: true });
    const fresh = await open(beside, 'a');
    await fresh.appendFile([...records.values()].map((record) => toLine({ put: record })).join(''));
    await fresh.datasync();
    await rename(beside, path);
    lines = records.size;
    file = fresh;
    return fresh;
  }

  function write(line: Line): Promise<void> {
    return inTurn(async () => {
      const handle = await opened();
      apply(records, line);
      await handle.appendFile(toLine(line));
      await handle.datasync();
      lines += 1;
      if (lines - records.size > outdatedLines) await rewrite();
    });
  }

  return {
    all: () =>
      inTurn(async () => {
        await opened();
        return [...records.values()].map((record) => ({ ...record }));
      }),
    put: (record) => write({ put: record }),
    delete: (messageId) => write({ delete: messageId }),
    close: () =>
      inTurn(async () => {
        // What is resolved is nobody's business any more.
        if (file !== undefined && lines > records.size) await rewrite();
        await file?.close();
        file = undefined;
        records.clear();
      }),
  };
}

function apply(records: Map<string, OutboxRecord>, line: Line): void {
  if ('put' in line) records.set(line.put.messageId, { ...line.put });
  else records.delete(line.delete);
}

function toLine(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** The last line may have been cut short by a crash: it was never resolved, so it may be missing. */
function* parse(text: string): Generator<Line> {
  for (const line of text.split('\n')) {
    try {
      yield JSON.parse(line) as Line; // Written by `toLine`.
    } catch {
      return;
    }
  }
}

function nothingYet(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
}
