import type { AcceptedChange, MessageChange } from '../../shared/domain/accepted-change.ts';
import { newAcceptId } from '../../shared/domain/ids.ts';
import { changedMessage } from '../../shared/domain/message-changes.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import { conversationNotFound, messageNotFound } from '../../shared/protocol/errors.ts';
import type { Caller, CallerRows } from '../stores/caller-rows.ts';
import type { MessageStore } from '../stores/message-store.ts';
import type { MessageStream } from '../stores/message-stream.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** The first half of an edit, a deletion or a reaction: once the answer is out, the change is durably queued. */
export class AcceptChange<C extends Caller> {
  readonly #rows: CallerRows<C>;
  readonly #messages: MessageStore;
  readonly #rates: RateLimiter;
  readonly #stream: MessageStream;
  readonly #count: Count;
  readonly #clock: () => number;

  constructor(
    rows: CallerRows<C>,
    messages: MessageStore,
    rates: RateLimiter,
    stream: MessageStream,
    count: Count,
    clock: () => number = Date.now,
  ) {
    this.#rows = rows;
    this.#messages = messages;
    this.#rates = rates;
    this.#stream = stream;
    this.#count = count;
    this.#clock = clock;
  }

  /**
   * Throws `RATE_LIMITED`, `UNAUTHENTICATED` where a socket's session has ended, `NOT_FOUND` to one who is no member or
   * names no message, and what the message, as it is now, refuses. What is decided here may be decided otherwise when the change's turn comes; then an `error` event says so.
   */
  async accept(
    caller: C,
    { conversationId, seq }: { conversationId: string; seq: number },
    change: MessageChange,
  ): Promise<{ messageId: string; acceptedAt: string }> {
    const { userId } = caller;
    const [membership, message] = await Promise.all([
      this.#rows.row(caller, conversationId),
      this.#messages.message(conversationId, seq),
      // As dear as a message: everyone in the conversation hears of it.
      this.#rates.take('messages', userId),
    ]);
    if (membership === undefined) throw conversationNotFound();
    if (message === undefined) throw messageNotFound();

    const acceptedAt = new Date(this.#clock()).toISOString();
    // That it changes nothing is no reason to stop here: another change may be on its way.
    changedMessage(message, change, { userId, role: membership.role }, acceptedAt);
    const accepted: AcceptedChange = {
      version: 1,
      kind: 'change',
      acceptId: newAcceptId(),
      acceptedAt,
      conversationId,
      seq,
      userId,
      change,
    };
    await this.#stream.put(accepted);
    this.#count('ChangesAccepted');
    return { messageId: message.messageId, acceptedAt };
  }
}
