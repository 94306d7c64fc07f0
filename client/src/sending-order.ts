import type { OutgoingMessage } from './outgoing.ts';

/** Which message was said first, on this device and over all its runs. */
export class SendingOrder {
  #last = 0;
  /** Whose place is not fixed, since they are not in the storage yet; in order. */
  readonly #movable = new Set<OutgoingMessage>();

  /** The place after all others. By the clock, so that the messages of several tabs stand as they were said. */
  next(now: number): number {
    this.#last = Math.max(now, this.#last + 1);
    return this.#last;
  }

  add(message: OutgoingMessage): void {
    this.#movable.add(message);
  }

  /** The message goes into the storage, or nowhere. */
  fix(message: OutgoingMessage): void {
    this.#movable.delete(message);
  }

  /** What an earlier run has left was said before what is new in this one, whatever the device's clock says. */
  letPass(earlier: OutgoingMessage): void {
    let before = earlier.order;
    this.#last = Math.max(this.#last, before);
    for (const message of this.#movable) {
      if (message.order <= before) message.order = this.next(0);
      before = message.order;
    }
  }
}
