import type { Message } from '../../shared/protocol/entities.ts';
import type { ChangeStore } from '../stores/change-store.ts';
import type { MessageStore } from '../stores/message-store.ts';

/** How often a page is read again of which every message has changed meanwhile. */
const maxAttempts = 5;

/** The changed messages of a conversation, by revision. */
export class ChangedMessages {
  readonly #changes: ChangeStore;
  readonly #messages: MessageStore;

  constructor(changes: ChangeStore, messages: MessageStore) {
    this.#changes = changes;
    this.#messages = messages;
  }

  /**
   * Messages with `after < revision ≤ upTo`, at most `limit` of them, as they are now. One that changes while it is read
   * is left out, for it now stands further on; then there are `more`.
   */
  async between(
    conversationId: string,
    after: number,
    upTo: number,
    limit: number,
  ): Promise<{ messages: Message[]; more: boolean }> {
    for (let attempt = 1; ; attempt += 1) {
      const { places, more } = await this.#changes.between(conversationId, after, upTo, limit);
      // A message that moved during the query may stand in it twice.
      const seqs = new Set(places.map(({ seq }) => seq));
      const found = await this.#messages.messages(conversationId, [...seqs]);
      const messages = places.flatMap(({ seq, revision }) => {
        const message = found.get(seq);
        return message?.revision === revision ? [message] : [];
      });
      const moved = messages.length < places.length;
      if (messages.length > 0 || !moved || attempt === maxAttempts) return { messages, more: more || moved };
    }
  }
}
