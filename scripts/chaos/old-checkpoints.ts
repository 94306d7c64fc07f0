import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Shards = Record<string, { after?: string }>;
type Snapshot = { takenAt: number; files: Map<string, string> };

/**
 * Remembers how far the runtime's stream mappings had come at earlier times, and takes them back: while the runtime is down, an
 * older file makes it deliver all that came since once more, as a replay on AWS would.
 */
export class OldCheckpoints {
  readonly #directory: string;
  readonly #snapshots: Snapshot[] = [];

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'checkpoints');
  }

  remember(now: number): void {
    this.#snapshots.push({ takenAt: now, files: this.#read() });
  }

  /** Whether any shard has moved on since the oldest files that are remembered. */
  get haveMoved(): boolean {
    const [oldest] = this.#snapshots;
    const now = this.#read();
    return [...(oldest?.files ?? [])].some(([name, text]) => isBehind(text, now.get(name)));
  }

  /**
   * Puts back the newest files that are at least so old and behind by now, or else the oldest that are behind.
   * @returns when they were taken, or undefined where no shard has moved on since any of them
   */
  restore(takenBefore: number): number | undefined {
    const now = this.#read();
    const behind = this.#snapshots.filter(({ files }) =>
      [...files].some(([name, text]) => isBehind(text, now.get(name))),
    );
    const snapshot = behind.findLast(({ takenAt }) => takenAt <= takenBefore) ?? behind[0];
    for (const [name, text] of snapshot?.files ?? []) writeFileSync(join(this.#directory, name), text);
    return snapshot?.takenAt;
  }

  #read(): Map<string, string> {
    const names = readdirSync(this.#directory).filter((name) => name.endsWith('.json'));
    return new Map(names.map((name) => [name, readFileSync(join(this.#directory, name), 'utf8')]));
  }
}

function isBehind(old: string, current: string | undefined): boolean {
  const [before, after] = [shardsOf(old), shardsOf(current ?? '{}')];
  return Object.entries(after).some(
    ([shard, { after: position }]) =>
      position !== undefined && BigInt(position) > BigInt(before[shard]?.after ?? '0'),
  );
}

function shardsOf(text: string): Shards {
  // Written by local/streams/checkpoints.ts.
  return (JSON.parse(text) as { shards?: Shards }).shards ?? {};
}
