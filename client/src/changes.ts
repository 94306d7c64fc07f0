import type { Synced, Wanted } from './frames.ts';
import type { Message } from './protocol.ts';

/** The copies of so many changed messages are remembered: far more than can be overtaken by an answer on its way. */
const rememberedCopies = 1_000;

/** Where messages come from: what is pushed may be overtaken on its way, a reply is as new as its `lastRevision`. */
export type Source = 'event' | 'changes' | 'reply';

/**
 * The changes to one conversation's messages: the newest copies, each told once, and up to which revision none is missing
 * of the messages that the application has been given.
 */
export class Changes {
  /** All changes up to this are known. Undefined until the server has said where it stands. */
  #complete: number | undefined;
  /** The highest revision there is, as far as is known. */
  #newest = 0;
  #isHeld = false;
  /**
   * Messages that were given before it was known where the server stands. They have all changes up to `revision`, and
   * perhaps not the later ones.
   */
  #unsure: { from: number; to: number; revision: number } | undefined;
  readonly #copies = new Map<number, Message>();

  /** Whether the application has any messages of the conversation, of which it must learn what becomes. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether it is known where the server stands: changes to what is given from now on come by themselves, or leave a gap. */
  get areSure(): boolean {
    return this.#complete !== undefined;
  }

  /** Whether some are known to be missing. */
  get hasGap(): boolean {
    return this.#complete !== undefined && this.#newest > this.#complete;
  }

  /** Whether changes are missing, or may be. */
  get lacks(): boolean {
    if (this.#complete === undefined) return this.#isHeld;
    return this.hasGap || this.#unsure !== undefined;
  }

  /** What to ask for. @param position `seq` of the last message that was told */
  wanted(position: number): Omit<Wanted, 'conversationId'> {
    if (this.#complete === undefined) return { afterSeq: position };
    return {
      afterSeq: Math.min(position, (this.#unsure?.from ?? Number.POSITIVE_INFINITY) - 1),
      afterRevision: this.#complete,
    };
  }

  /** The newest copy that is known, of a message that has changed. */
  copyOf(seq: number): Message | undefined {
    return this.#copies.get(seq);
  }

  /** Of this copy and the one that is known, the newer. */
  newest(message: Message): Message {
    const copy = this.copyOf(message.seq);
    return revisionOf(copy) > revisionOf(message) ? (copy ?? message) : message;
  }

  /** Answers those copies that are newer than what was known. */
  take(messages: readonly Message[]): Message[] {
    return messages.filter((message) => {
      if (revisionOf(message) <= revisionOf(this.#copies.get(message.seq))) return false;
      // Those that changed last stand last.
      this.#copies.delete(message.seq);
      this.#copies.set(message.seq, message);
      const [oldest] = this.#copies.keys();
      if (oldest !== undefined && this.#copies.size > rememberedCopies) this.#copies.delete(oldest);
      return true;
    });
  }

  /** Whether a copy that is newer than what was known can be news to the application, which may hold an older one. */
  isNews(message: Message, source: Source): boolean {
    if (source === 'changes') return true;
    const { from, to } = this.#unsure ?? { from: 1, to: 0 };
    return (
      (message.seq >= from && message.seq <= to) ||
      revisionOf(message) > (this.#complete ?? Number.POSITIVE_INFINITY)
    );
  }

  /**
   * The application has been given these, or is about to be.
   * @param isSure whether it was known where the server stands when they were asked for
   */
  give(messages: readonly Message[], isSure: boolean): void {
    this.#isHeld = true;
    const [first] = messages;
    if (first === undefined || isSure) return;
    // They were read together, so that what one of them shows the others have too.
    const revision = Math.max(...messages.map(revisionOf));
    const seqs = messages.map(({ seq }) => seq);
    this.#doubt(Math.min(...seqs), Math.max(...seqs), revision);
  }

  /** An event has brought all changes after the one and up to the other. */
  heard(afterRevision: number, lastRevision: number): void {
    this.#newest = Math.max(this.#newest, lastRevision);
    if (this.#complete !== undefined && afterRevision <= this.#complete) this.#reach(lastRevision);
  }

  /** The server has answered, and its messages have been taken. */
  synced(asked: Wanted, { lastSeq, lastRevision, messages, changed, hasMore }: Synced): void {
    this.#newest = Math.max(this.#newest, lastRevision);
    const reached = messages.at(-1)?.seq ?? asked.afterSeq;
    if (this.#unsure !== undefined && asked.afterSeq < this.#unsure.from) {
      this.#unsure.from = Math.max(this.#unsure.from, hasMore ? reached + 1 : lastSeq + 1);
      if (this.#unsure.from > this.#unsure.to) this.#unsure = undefined;
    }
    if (asked.afterRevision !== undefined) {
      const cutAt = changed.at(-1)?.revision ?? asked.afterRevision;
      this.#reach(hasMore ? Math.min(cutAt, lastRevision) : lastRevision);
    } else if (this.#complete === undefined) {
      this.#reach(lastRevision);
      if (this.#unsure !== undefined && this.#unsure.revision >= lastRevision) this.#unsure = undefined;
      // Those that the reply leaves out may still come as they once were.
      if (hasMore) this.#doubt(reached + 1, lastSeq, 0);
    }
  }

  #reach(revision: number): void {
    this.#complete = Math.max(this.#complete ?? 0, revision);
    this.#newest = Math.max(this.#newest, this.#complete);
  }

  #doubt(from: number, to: number, revision: number): void {
    if (revision >= (this.#complete ?? Number.POSITIVE_INFINITY)) return;
    const { from: lowest = from, to: highest = to, revision: known = revision } = this.#unsure ?? {};
    this.#unsure = {
      from: Math.min(from, lowest),
      to: Math.max(to, highest),
      revision: Math.min(revision, known),
    };
  }
}

function revisionOf(message: Message | undefined): number {
  return message?.revision ?? 0;
}
