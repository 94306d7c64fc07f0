import type { Conversation } from './conversation.ts';
import { Emitter } from './emitter.ts';
import type { Message } from './protocol.ts';

/** What came, and at which end; or which messages of the list are others now, in their places. */
export interface TimelineChange {
  kind: 'appended' | 'prepended' | 'changed';
  messages: readonly Message[];
}

export type TimelineEvents = { change: TimelineChange };

/**
 * The messages of a conversation as a list to be shown: without hole or repeat, growing downwards as messages come and
 * upwards as they are loaded.
 */
export class Timeline extends Emitter<TimelineEvents> {
  readonly #conversation: Conversation;
  readonly #off: (() => void)[];
  #list: Message[] = [];
  #snapshot: readonly Message[] | undefined;
  #hasOlder = true;
  #loading: Promise<void> | undefined;

  /** @internal */
  constructor(conversation: Conversation) {
    super();
    this.#conversation = conversation;
    this.#off = [
      conversation.on('message', (message) => {
        this.#list.push(message);
        this.#tell('appended', [message]);
      }),
      conversation.on('messageChanged', (message) => {
        const index = message.seq - (this.#list[0]?.seq ?? message.seq + 1);
        if (!(index in this.#list)) return;
        this.#list[index] = message;
        this.#tell('changed', [message]);
      }),
    ];
  }

  /** By ascending `seq`, each one more than the one before. The same array until something changes. */
  get messages(): readonly Message[] {
    this.#snapshot ??= [...this.#list];
    return this.#snapshot;
  }

  /** Whether there may be older ones. */
  get hasOlder(): boolean {
    return this.#hasOlder && this.#list[0]?.seq !== 1;
  }

  /**
   * Loads the page above; the first call loads the newest. A call during another one gets that one's page.
   * @param limit 1 to 100 @default 50
   */
  loadOlder(limit?: number): Promise<void> {
    if (!this.hasOlder) return Promise.resolve();
    this.#loading ??= this.#load(limit).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Stops following the conversation. */
  close(): void {
    for (const off of this.#off) off();
    this.endStreams();
  }

  async #load(limit: number | undefined): Promise<void> {
    const before = this.#list[0]?.seq;
    const page = await this.#conversation.history({ before, limit });
    // What came while the first page was on its way is below it.
    const first = this.#list[0];
    const older = page.messages.filter(({ seq }) => first === undefined || seq < first.seq);
    this.#hasOlder = page.hasMore;
    this.#list = [...older, ...this.#list];
    // Told even where nothing came: `hasOlder` may have changed.
    this.#tell('prepended', older);
  }

  #tell(kind: TimelineChange['kind'], messages: readonly Message[]): void {
    this.#snapshot = undefined;
    this.emit('change', { kind, messages });
  }
}
