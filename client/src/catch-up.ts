import type { Api } from './api.ts';
import type { Clock } from './clock.ts';
import { inboxSlackMs, wholeInboxEveryMs } from './codes.ts';
import { hasCode } from './errors.ts';
import type { HeartbeatReply } from './frames.ts';
import type { ConversationInfo } from './protocol.ts';
import type { Replica } from './replica.ts';
import type { GapRepair } from './sync.ts';
import { Worker } from './worker.ts';

/** One reading of the inbox. */
type Reading = {
  cursor: string | undefined;
  /** Of the replica, when the reading began. */
  moment: number;
  /** To the end, or only until what the last reading has seen already. */
  whole: boolean;
  listed: Set<string>;
  newestActivity: string;
};

/**
 * Learns what happened while nobody was listening: reads the inbox, newest activity first, and has what lags repaired.
 * Live events go on meanwhile; the replica merges both.
 */
export class CatchUp {
  readonly #api: Pick<Api, 'inbox' | 'conversation'>;
  readonly #replica: Replica;
  readonly #repair: GapRepair;
  readonly #clock: Clock;
  readonly worker: Worker;
  #reading: Reading | undefined;
  #wholeAt = 0;
  #readAt = 0;
  /** All activity up to this has been compared with the server's own listing, not only heard of. */
  #comparedUpTo = '';

  constructor(parts: {
    api: Pick<Api, 'inbox' | 'conversation'>;
    replica: Replica;
    repair: GapRepair;
    clock: Clock;
    random: () => number;
    onIdle(): void;
    onError(error: unknown): void;
  }) {
    this.#api = parts.api;
    this.#replica = parts.replica;
    this.#repair = parts.repair;
    this.#clock = parts.clock;
    this.worker = new Worker({ ...parts, step: () => this.#step() });
  }

  /**
   * Reads the inbox from its top, in place of a reading under way. Changes to messages move nothing in it, so all
   * conversations of which the application has messages are asked about.
   */
  begin(): void {
    this.#repair.verify(this.#replica.held());
    this.#reading = {
      cursor: undefined,
      moment: this.#replica.moment,
      whole: this.#clock.now() - this.#wholeAt >= wholeInboxEveryMs,
      listed: new Set(),
      newestActivity: '',
    };
    this.worker.kick();
  }

  /**
   * Newer activity than was heard of means that an event was lost. Activity that was heard of may hide another one that was
   * not, just before it; so that is looked at too, but not for every message.
   */
  heartbeat({ latestActivityAt }: HeartbeatReply): void {
    if (latestActivityAt === null || this.#reading !== undefined) return;
    const lost = latestActivityAt > this.#replica.newestActivity;
    const due = this.#clock.now() - this.#readAt >= wholeInboxEveryMs / 2;
    if (lost || (due && latestActivityAt > this.#comparedUpTo)) this.begin();
  }

  async #step(): Promise<boolean> {
    const reading = this.#reading;
    if (reading === undefined) return this.#meetOneUnknown();
    const page = await this.#api.inbox(reading.cursor);
    if (reading !== this.#reading) return true; // There is a newer one meanwhile.
    for (const row of page.items) {
      reading.listed.add(row.conversationId);
      if (row.lastActivityAt > reading.newestActivity) reading.newestActivity = row.lastActivityAt;
      this.#replica.takeRow(row, reading.moment);
    }
    if (page.nextCursor === null) this.#finish(reading, true);
    else if (!reading.whole && this.#isKnownFrom(page.items.at(-1))) this.#finish(reading, false);
    else reading.cursor = page.nextCursor;
    return true;
  }

  /** Below this row there is nothing that the last reading has not seen. */
  #isKnownFrom(row: ConversationInfo | undefined): boolean {
    return (
      row !== undefined && Date.parse(row.lastActivityAt) + inboxSlackMs < Date.parse(this.#comparedUpTo)
    );
  }

  #finish(reading: Reading, whole: boolean): void {
    this.#reading = undefined;
    this.#readAt = this.#clock.now();
    this.#comparedUpTo = reading.newestActivity;
    if (!whole) return;
    this.#wholeAt = this.#readAt;
    this.#replica.isComplete = true;
    // What is not listed has been left, or moved up while the pages were read.
    this.#repair.verify(this.#replica.unchangedSince(reading.moment).filter((id) => !reading.listed.has(id)));
  }

  /** Messages came of a conversation that was not heard of: the event that should have told of it was lost. */
  async #meetOneUnknown(): Promise<boolean> {
    const [id] = this.#replica.unknown();
    if (id === undefined) return false;
    const { moment } = this.#replica;
    try {
      const { members: _members, ...info } = await this.#api.conversation(id);
      this.#replica.takeRow(info, moment);
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
      this.#replica.takeRemoval(id, moment);
    }
    return true;
  }
}
