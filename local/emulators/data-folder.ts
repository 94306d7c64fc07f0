import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './start-error.ts';

export type DataFolder = {
  path: string;
  /** Whether it holds nothing of an earlier run. */
  isEmpty: boolean;
  /** Gives the folder free for another Parley. */
  release(): void;
};

const LOCK_FILE = 'parley.lock';
const OWNER_FILE = 'parley.pid';
/** All that a runtime keeps. `--fresh` removes these and nothing else: a mistyped PARLEY_DATA must not cost a home folder. */
const CONTENTS = [
  /^dynamodb\.(sqlite(-wal|-shm|-journal)?|pid)$/,
  /^(kinesis|queues|buckets|checkpoints)$/,
  /^(secrets|demo|endpoints|resources)\.json$/,
  /^(functions\.log|events\.jsonl)$/,
];

/** Collected as garbage, a lock would be given up though its owner runs on. */
const held = new Set<DatabaseSync>();

/**
 * Creates the data folder if need be, and takes it for this process alone: two runtimes on one folder would each deliver every message.
 *
 * The lock is an SQLite transaction, so the operating system drops it when the process dies, however it dies; a pid
 * file would have to guess whether its process still lives.
 */
export function openDataFolder(path: string, options: { fresh?: boolean } = {}): DataFolder {
  const folder = resolve(path);
  try {
    makeFolder(folder);
    // Password hashes and the token secret live here.
    chmodSync(folder, 0o700);
    writeFileSync(join(folder, LOCK_FILE), '', { flag: 'a', mode: 0o600 });
  } catch (error) {
    throw new StartError(`Cannot write to the data folder ${folder}: ${reasonOf(error)}`);
  }
  const lock = new DatabaseSync(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!(error instanceof Error) || !/locked/.test(error.message)) {
      throw new StartError(`Cannot lock the data folder ${folder}: ${reasonOf(error)}`);
    }
    throw new StartError(
      `The data folder ${folder} is in use by another Parley${ownerOf(folder)}: stop it, or set PARLEY_DATA to another folder.`,
    );
  }
  writeFileSync(join(folder, OWNER_FILE), String(process.pid), { mode: 0o600 });
  const contents = readdirSync(folder).filter((name) => CONTENTS.some((pattern) => pattern.test(name)));
  for (const name of contents) {
    const item = join(folder, name);
    if (options.fresh) rmSync(item, { recursive: true });
    // An earlier version left the modes of most files to the system.
    else chmodSync(item, statSync(item).isDirectory() ? 0o700 : 0o600);
  }
  held.add(lock);
  return {
    path: folder,
    isEmpty: options.fresh === true || contents.length === 0,
    release() {
      lock.close();
      held.delete(lock);
    },
  };
}

/** `mkdirSync` with `recursive` never returns where the system denies a folder with "no such file", as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

function ownerOf(folder: string): string {
  try {
    return ` (process ${readFileSync(join(folder, OWNER_FILE), 'utf8')})`;
  } catch {
    // The owner has taken the lock but not yet written its number: the message does without.
    return '';
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
