import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import { newAcceptId } from '../../shared/domain/ids.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import { conversationNotFound } from '../../shared/protocol/errors.ts';
import type { Caller, CallerRows } from '../stores/caller-rows.ts';
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
export class AcceptMessage<C extends Caller> {
  readonly #rows: CallerRows<C>;
  readonly #rates: RateLimiter;
  readonly #stream: MessageStream;
  readonly #count: Count;
  readonly #clock: () => number;

  constructor(
    rows: CallerRows<C>,
    rates: RateLimiter,
    stream: MessageStream,
    count: Count,
    clock: () => number = Date.now,
  ) {
    this.#rows = rows;
    this.#rates = rates;
    this.#stream = stream;
    this.#count = count;
    this.#clock = clock;
  }

  /** Throws `RATE_LIMITED`, `UNAUTHENTICATED` where a socket's session has ended, or `NOT_FOUND` to one who is no member. */
  async accept(sender: C, outgoing: Outgoing): Promise<{ acceptedAt: string }> {
    const { conversationId, messageId, content, type = 'text', replyTo } = outgoing;
    const [membership] = await Promise.all([
      this.#rows.row(sender, conversationId),
      this.#rates.take('messages', sender.userId),
    ]);
    if (membership === undefined) throw conversationNotFound();

    const acceptedAt = new Date(this.#clock()).toISOString();
    const accepted: AcceptedMessage = {
      version: 1,
      acceptId: newAcceptId(),
      acceptedAt,
      conversationId,
      senderId: sender.userId,
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
