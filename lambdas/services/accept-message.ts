import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import { newAcceptId } from '../../shared/domain/ids.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import { conversationNotFound } from '../../shared/protocol/errors.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MessageStream } from '../stores/message-stream.ts';
import type { RateLimiter } from './rate-limiter.ts';

export type Outgoing = {
  conversationId: string;
  messageId: string;
  content: string;
  type?: 'text' | undefined;
  replyTo?: number | undefined;
};

/** The first half of a send: once the answer is out, the message is durably queued. */
export class AcceptMessage {
  readonly #inbox: InboxStore;
  readonly #rates: RateLimiter;
  readonly #stream: MessageStream;
  readonly #count: Count;
  readonly #clock: () => number;

  constructor(
    inbox: InboxStore,
    rates: RateLimiter,
    stream: MessageStream,
    count: Count,
    clock: () => number = Date.now,
  ) {
    this.#inbox = inbox;
    this.#rates = rates;
    this.#stream = stream;
    this.#count = count;
    this.#clock = clock;
  }

  /** Throws `RATE_LIMITED`, or `NOT_FOUND` to one who is no member. */
  async accept(senderId: string, outgoing: Outgoing): Promise<{ acceptedAt: string }> {
    const { conversationId, messageId, content, type = 'text', replyTo } = outgoing;
    const [membership] = await Promise.all([
      this.#inbox.row(senderId, conversationId),
      this.#rates.take('messages', senderId),
    ]);
    if (membership === undefined) throw conversationNotFound();

    const acceptedAt = new Date(this.#clock()).toISOString();
    const accepted: AcceptedMessage = {
      version: 1,
      acceptId: newAcceptId(),
      acceptedAt,
      conversationId,
      senderId,
      messageId,
      type,
      content,
      replyTo,
    };
    await this.#stream.put(accepted);
    this.#count('MessagesAccepted');
    return { acceptedAt };
  }
}
