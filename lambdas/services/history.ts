import { takeWithinBytes } from '../../shared/domain/split-by-bytes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { conversationNotFound } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MessageStore } from '../stores/message-store.ts';
import type { ChangedMessages } from './changed-messages.ts';

export type HistoryPage = { items: Message[]; nextCursor: string | null };

/** Stored messages, page by page: in either direction and always ascending within a page, or by their changes. */
export class History {
  readonly #inbox: InboxStore;
  readonly #messages: MessageStore;
  readonly #changed: ChangedMessages;

  constructor(inbox: InboxStore, messages: MessageStore, changed: ChangedMessages) {
    this.#inbox = inbox;
    this.#messages = messages;
    this.#changed = changed;
  }

  /** Throws `NOT_FOUND` to one who is no member. */
  async page(
    callerId: string,
    query: {
      conversationId: string;
      after?: number | undefined;
      before?: number | undefined;
      changedAfter?: number | undefined;
      limit?: number | undefined;
    },
  ): Promise<HistoryPage> {
    const { conversationId, after, before = newest, changedAfter, limit = limits.messagePage } = query;
    if ((await this.#inbox.row(callerId, conversationId)) === undefined) throw conversationNotFound();

    if (changedAfter !== undefined) {
      const { messages, more } = await this.#changed.after(conversationId, changedAfter, limit);
      const items = takeWithinBytes(messages, limits.pageBytes - envelopeBytes);
      const last = items.at(-1)?.revision;
      return {
        items,
        nextCursor: more || items.length < messages.length ? String(last ?? changedAfter) : null,
      };
    }
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

/** Beyond every `seq`. */
const newest = Number.MAX_SAFE_INTEGER;
/** Room for the page's own braces and cursor. */
const envelopeBytes = 256;
