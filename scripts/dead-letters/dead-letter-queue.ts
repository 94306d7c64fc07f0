import type { Message } from '@aws-sdk/client-sqs';
import { type DeadLetter, type DeadLetterPlace, deadLetterId } from './dead-letter.ts';
import { type HeldMessages, sentAt } from './held-messages.ts';

/** What a message of a queue says, and how it is put back: all of a dead letter but for its life in the queue. */
export type Letter = Omit<DeadLetter, 'id' | 'place' | 'since' | 'remove'>;

export type ReadLetter = (body: string, messageId: string) => Letter;

/** Dead letters that wait in a queue, one a message. */
export class DeadLetterQueue implements DeadLetterPlace {
  readonly #place: DeadLetter['place'];
  readonly #messages: HeldMessages;
  readonly #read: ReadLetter;

  constructor(place: DeadLetter['place'], messages: HeldMessages, read: ReadLetter) {
    this.#place = place;
    this.#messages = messages;
    this.#read = read;
  }

  async list(limit: number): Promise<DeadLetter[]> {
    return (await this.#messages.receive(limit)).map((message) => this.#letterOf(message));
  }

  count(): Promise<number> {
    return this.#messages.count();
  }

  release(): Promise<void> {
    return this.#messages.release();
  }

  #letterOf(message: Message): DeadLetter {
    const { MessageId = '', Body = '' } = message;
    return {
      ...this.#read(Body, MessageId),
      id: deadLetterId(this.#place, MessageId),
      place: this.#place,
      since: sentAt(message),
      remove: () => this.#messages.delete(MessageId),
    };
  }
}

export function cannotBePutBack(): Error {
  return new Error('It cannot be read, so there is nothing to put back.');
}
