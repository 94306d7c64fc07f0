import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { TypingEvent } from './frames.ts';

/** `started` is said again after this while it goes on … */
const sayAgainAfterMs = 3_000;
/** … and counts for this. */
const countsForMs = 6_000;

/** Who is writing: oneself, as it is told to the others, and the others. Nothing of it is kept or made good. */
export class Typing {
  readonly #connection: Pick<Connection, 'tell'>;
  readonly #clock: Clock;
  readonly #onChange: (conversationId: string, userIds: readonly string[]) => void;
  /** When `started` was last said. */
  readonly #saidAt = new Map<string, number>();
  /** Of each conversation, who writes there, with the timer of its end. */
  readonly #others = new Map<string, Map<string, unknown>>();
  readonly #lists = new Map<string, readonly string[]>();

  constructor(parts: {
    connection: Pick<Connection, 'tell'>;
    clock: Clock;
    onChange(conversationId: string, userIds: readonly string[]): void;
  }) {
    this.#connection = parts.connection;
    this.#clock = parts.clock;
    this.#onChange = parts.onChange;
  }

  /** The same array until something changes. */
  in(conversationId: string): readonly string[] {
    return this.#lists.get(conversationId) ?? nobody;
  }

  say(conversationId: string, isWriting: boolean): void {
    const now = this.#clock.now();
    const since = now - (this.#saidAt.get(conversationId) ?? Number.NEGATIVE_INFINITY);
    if (isWriting ? since < sayAgainAfterMs : since >= countsForMs) return;
    if (isWriting) this.#saidAt.set(conversationId, now);
    else this.#saidAt.delete(conversationId);
    this.#connection.tell({ action: 'typing', conversationId, state: isWriting ? 'started' : 'stopped' });
  }

  /** One's message, when it arrives, says to the others that one has stopped. */
  sent(conversationId: string): void {
    this.#saidAt.delete(conversationId);
  }

  take({ conversationId, userId, state }: TypingEvent): void {
    if (state === 'stopped') {
      this.end(conversationId, userId);
      return;
    }
    const writers = this.#others.get(conversationId) ?? new Map<string, unknown>();
    this.#others.set(conversationId, writers);
    const isNew = !writers.has(userId);
    this.#clock.clearTimeout(writers.get(userId));
    writers.set(
      userId,
      this.#clock.setTimeout(() => this.end(conversationId, userId), countsForMs),
    );
    if (isNew) this.#changed(conversationId, writers);
  }

  end(conversationId: string, userId: string): void {
    const writers = this.#others.get(conversationId);
    if (!writers?.has(userId)) return;
    this.#clock.clearTimeout(writers.get(userId));
    writers.delete(userId);
    if (writers.size === 0) this.#others.delete(conversationId);
    this.#changed(conversationId, writers);
  }

  /** Nothing is heard any more. */
  stop(): void {
    for (const [conversationId, writers] of this.#others) {
      for (const userId of [...writers.keys()]) this.end(conversationId, userId);
    }
    this.#saidAt.clear();
  }

  #changed(conversationId: string, writers: ReadonlyMap<string, unknown>): void {
    const userIds = [...writers.keys()];
    if (userIds.length > 0) this.#lists.set(conversationId, userIds);
    else this.#lists.delete(conversationId);
    this.#onChange(conversationId, this.in(conversationId));
  }
}

const nobody: readonly string[] = [];
