import type { OutboxRecord, OutboxStorage } from './storage.ts';

/* The little of IndexedDB that is used, so that the types need no library of the browser's. */
interface Pending<Result> {
  result: Result;
  error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface Store {
  getAll(): Pending<OutboxRecord[]>;
  put(record: OutboxRecord): Pending<unknown>;
  delete(key: string): Pending<unknown>;
}
interface Transaction {
  objectStore(name: string): Store;
  error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}
interface Database {
  createObjectStore(name: string, options: { keyPath: string }): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}
interface Opening extends Pending<Database> {
  onupgradeneeded: (() => void) | null;
}
interface Factory {
  open(name: string, version: number): Opening;
}

const storeName = 'outbox';

/** Whether there is an IndexedDB at all. */
export function hasIndexedDb(): boolean {
  return factory() !== undefined;
}

/**
 * An outbox in the browser's IndexedDB, shared by all tabs of one origin.
 * @param name of the database
 */
export function indexedDbStorage(name = 'parley'): OutboxStorage {
  let opened: Promise<Database> | undefined;

  function database(): Promise<Database> {
    opened ??= open(name).then((db) => {
      const forget = () => {
        opened = undefined;
      };
      // Another tab wants to change the database, or the browser took it away: the next use opens it again.
      db.onversionchange = () => {
        db.close();
        forget();
      };
      db.onclose = forget;
      return db;
    });
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  }

  async function run<Result>(
    mode: 'readonly' | 'readwrite',
    work: (store: Store) => Pending<Result>,
  ): Promise<Result> {
    const transaction = (await database()).transaction(storeName, mode);
    const request = work(transaction.objectStore(storeName));
    return new Promise((resolve, reject) => {
      // Only a transaction that is complete is kept.
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? request.error);
    });
  }

  return {
    name: `indexeddb:${name}`,
    all: () => run('readonly', (store) => store.getAll()),
    put: async (record) => {
      await run('readwrite', (store) => store.put(record));
    },
    delete: async (messageId) => {
      await run('readwrite', (store) => store.delete(messageId));
    },
  };
}

function open(name: string): Promise<Database> {
  return new Promise((resolve, reject) => {
    const indexedDb = factory();
    if (indexedDb === undefined) throw new Error('There is no IndexedDB here');
    const opening = indexedDb.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(storeName, { keyPath: 'messageId' });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

function factory(): Factory | undefined {
  return (globalThis as { indexedDB?: Factory }).indexedDB;
}
