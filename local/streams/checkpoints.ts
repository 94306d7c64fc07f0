import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../emulators/atomic-file.ts';

export type ShardProgress = {
  /** The last record up to which everything is settled. */
  after?: string;
  /** The shard was closed by a split or merge, and all of it is settled. */
  finished?: true;
};

type Stored = { startFrom: number; shards: Record<string, ShardProgress> };

/** A checkpoint that is a moment late costs a redelivery, one for each record would cost a write for each. */
const WRITE_INTERVAL_MS = 20;

/** How far a mapping has come in each shard, in a file, so that a restart goes on from there. */
export class Checkpoints {
  readonly #path: string;
  readonly #stored: Stored;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param startFrom where the mapping begins (epoch milliseconds) if it has never run. */
  constructor(path: string, startFrom: number) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    const stored = read(path);
    this.#stored = stored ?? { startFrom, shards: {} };
    // At once: after a crash "latest" must still be the moment of the first start.
    if (stored === undefined) this.save();
  }

  get startFrom(): number {
    return this.#stored.startFrom;
  }

  of(shardId: string): ShardProgress {
    return this.#stored.shards[shardId] ?? {};
  }

  settle(shardId: string, sequenceNumber: string): void {
    this.#stored.shards[shardId] = { after: sequenceNumber };
    this.#saveSoon();
  }

  finish(shardId: string): void {
    this.#stored.shards[shardId] = { finished: true };
    this.#saveSoon();
  }

  /** Forgets shards that the stream no longer has. */
  keepOnly(shardIds: ReadonlySet<string>): void {
    for (const shardId of Object.keys(this.#stored.shards)) {
      if (shardIds.has(shardId)) continue;
      delete this.#stored.shards[shardId];
      this.#saveSoon();
    }
  }

  save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    writeFileAtomically(this.#path, JSON.stringify(this.#stored), { flush: false });
  }

  /** Writes a last time; what settles later comes again at the next start. */
  close(): void {
    if (this.#closed) return;
    this.save();
    this.#closed = true;
  }

  #saveSoon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => this.save(), WRITE_INTERVAL_MS);
  }
}

function read(path: string): Stored | undefined {
  if (!existsSync(path)) return undefined;
  try {
    // Written by save() only.
    return JSON.parse(readFileSync(path, 'utf8')) as Stored;
  } catch {
    // A power cut can empty a file that was not flushed. Everything in the stream then comes again, once more than needed.
    return { startFrom: 0, shards: {} };
  }
}
