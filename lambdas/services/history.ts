import { takeWithinBytes } from '../../shared/domain/split-by-bytes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { conversationNotFound } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MessageStore } from '../stores/message-store.ts';

export type HistoryPage = { items: Message[]; nextCursor: string | null };

/** Stored messages, page by page, in either direction; always ascending within a page. */
export class History {
  readonly #inbox: InboxStore;
  readonly #messages: MessageStore;

  constructor(inbox: InboxStore, messages: MessageStore) {
    this.#inbox = inbox;
    this.#messages = messages;
  }

  /** Throws `NOT_FOUND` to one who is no member. */
  async page(
    callerId: string,
    query: {
      conversationId: string;
      after?: number | undefined;
      before?: number | undefined;
      limit?: number | undefined;
    },
  ): Promise<HistoryPage> {
    const { conversationId, after, before = Number.MAX_SAFE_INTEGER, limit = limits.messagePage } = query;
    if ((await this.#inbox.row(callerId, conversationId)) === undefined) throw conversationNotFound();

    const ascending = after !== undefined;
    const { messages, more } = ascending
      ? await this.#messages.after(conversationId, after, limit)
      : await this.#messages.before(conversationId, before, limit);
    const items = takeWithinBytes(messages, limits.pageBytes - envelopeBytes);
    const last = items.at(-1);
    return {
      items: ascending ? items : items.reverse(),
      nextCursor: last && (more || items.length < messages.length) ? String(last.seq) : null,
    };
  }
}

/** Room for the page's own braces and cursor. */
const envelopeBytes = 256;
