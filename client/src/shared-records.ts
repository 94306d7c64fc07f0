import type { Message } from './protocol.ts';
import type { OutboxRecord, OutboxStorage } from './storage.ts';
import { Leadership, type Tabs } from './tabs.ts';

type Parts = {
  storage: OutboxStorage;
  tabs: Tabs;
  /** A record was read, or put by another tab. */
  onPut(record: OutboxRecord): void;
  /** Another tab has seen the message stored, or discarded it. */
  onGone(end: End): void;
  /** This tab sends from now on, and has read all records. */
  onLead(): void;
  onError(error: unknown): void;
};

/** What became of a message. The other tabs need not have seen it themselves. */
export type End = { stored: Message } | { discarded: string };
/** What tabs tell each other. */
type Word = { put: OutboxRecord } | End;

/** One user's records, as all tabs of a browser have them. */
export class SharedRecords {
  readonly #parts: Parts;
  #userId: string | undefined;
  #channel: { say(message: unknown): void; close(): void } | undefined;
  #leadership: Leadership | undefined;
  #isOpen = false;
  #sought = false;
  #leads = false;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get leads(): boolean {
    return this.#leads;
  }

  open(userId: string): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#userId = userId;
    const { storage, tabs } = this.#parts;
    if (storage.name !== undefined) {
      const name = `parley ${storage.name} ${userId}`;
      this.#channel = tabs.channel(name, (word) => this.#hear(word as Word)); // Only `#say` speaks there.
      this.#leadership = new Leadership(tabs, name, () => this.#lead());
    }
    // Whoever sends may not know of what a tab left that ended before it could say so.
    void this.#read((record) => this.#say({ put: record }));
    if (this.#sought) this.seekLead();
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    this.leaveLead();
    this.#isOpen = false;
    const channel = this.#channel;
    await this.#inTurn(async () => {
      channel?.close();
      await this.#parts.storage.close?.();
    });
  }

  /**
   * Resolves when it is kept, or cannot be.
   * @param recordOf called when it is its turn; without a record there is nothing to keep any more
   */
  put(recordOf: () => OutboxRecord | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const record = recordOf();
      if (record === undefined) return;
      await this.#parts.storage.put(record);
      this.#say({ put: record });
    });
  }

  delete(messageId: string, end: End): Promise<void> {
    return this.#inTurn(async () => {
      await this.#parts.storage.delete(messageId);
      this.#say(end);
    });
  }

  /** All of the user's. */
  wipe(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { messageId, senderId } of await this.#parts.storage.all()) {
        if (senderId !== this.#userId) continue;
        await this.#parts.storage.delete(messageId);
        this.#say({ discarded: messageId });
      }
    });
  }

  /** Online. Where the records are nobody else's there is nobody to agree with. */
  seekLead(): void {
    this.#sought = true;
    if (!this.#isOpen) return;
    if (this.#leadership === undefined) this.#lead();
    else this.#leadership.seek();
  }

  leaveLead(): void {
    this.#sought = false;
    this.#leads = false;
    this.#leadership?.leave();
  }

  /** What other tabs did before is read first. */
  #lead(): void {
    void this.#read().then(() => {
      if (!this.#sought || this.#leadership?.isHeld === false) return;
      this.#leads = true;
      this.#parts.onLead();
    });
  }

  #read(each: (record: OutboxRecord) => void = () => undefined): Promise<void> {
    return this.#inTurn(async () => {
      const userId = this.#userId;
      for (const record of await this.#parts.storage.all()) {
        if (record.senderId !== userId) continue;
        this.#parts.onPut(record);
        each(record);
      }
    });
  }

  #say(word: Word): void {
    this.#channel?.say(word);
  }

  #hear(word: Word): void {
    if ('put' in word) this.#parts.onPut(word.put);
    else this.#parts.onGone(word);
  }

  /** Changes reach the storage in the order in which they were made. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch((error: unknown) => this.#parts.onError(error));
    return this.#last;
  }
}
