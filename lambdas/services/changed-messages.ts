import { jsonBytes } from '../../shared/domain/split-by-bytes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ChangeStore } from '../stores/change-store.ts';
import type { MessageStore } from '../stores/message-store.ts';

/** How often a page is read again of which every message has changed meanwhile. */
const maxAttempts = 5;
/** A message with all its reactions is large: no more are read at once than a page is likely to hold. */
const messagesPerRead = 20;

/** The changed messages of a conversation, by revision. */
export class ChangedMessages {
  readonly #changes: ChangeStore;
  readonly #messages: MessageStore;

  constructor(changes: ChangeStore, messages: MessageStore) {
    this.#changes = changes;
    this.#messages = messages;
  }

  /**
   * Messages with `revision > after` as they are now, by revision: at most `limit` of them, and not many more than fit
   * `maxBytes`. One that changes while it is read is left out, for it now stands further on; then there are `more`.
   */
  async after(
    conversationId: string,
    after: number,
    limit: number,
    maxBytes: number = limits.pageBytes,
  ): Promise<{ messages: Message[]; more: boolean }> {
    for (let attempt = 1; ; attempt += 1) {
      const page = await this.#page(conversationId, after, limit, maxBytes);
      if (page.messages.length > 0 || !page.more || attempt === maxAttempts) return page;
    }
  }

  async #page(conversationId: string, after: number, limit: number, maxBytes: number) {
    const { places, more } = await this.#changes.after(conversationId, after, limit);
    const messages: Message[] = [];
    let bytes = 0;
    for (let start = 0; start < places.length; start += messagesPerRead) {
      if (bytes > maxBytes) return { messages, more: true };
      const read = places.slice(start, start + messagesPerRead);
      // A message that moved during the query may stand in it twice.
      const found = await this.#messages.messages(conversationId, [...new Set(read.map(({ seq }) => seq))]);
      for (const { seq, revision } of read) {
        const message = found.get(seq);
        if (message?.revision !== revision) continue;
        messages.push(message);
        bytes += jsonBytes(message);
      }
    }
    return { messages, more: more || messages.length < places.length };
  }
}
