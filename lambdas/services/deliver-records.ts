import pMap from 'p-map';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import { isChange, readAccepted } from '../../shared/domain/accepted-record.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import type { DeadLetterQueue } from '../stores/dead-letter-queue.ts';
import { ConversationGone } from './conversation-states.ts';
import type { DeliverChanges } from './deliver-changes.ts';
import type { DeliverMessages } from './deliver-messages.ts';
import type { Report } from './report.ts';

/** Conversations of one batch that are worked on at once. */
const concurrency = 10;

export type StreamRecord = {
  /** Names the record to the event source when it has failed. */
  sequenceNumber: string;
  eventId: string;
  partitionKey: string;
  /** Base64. */
  data: string;
};

type Read<Accepted> = { record: StreamRecord; accepted: Accepted };
type Reads = { messages: Read<AcceptedMessage>[]; changes: Read<AcceptedChange>[] };

/** The second half of a send: a batch of the stream is given its order, stored, and pushed, conversation by conversation. */
export class DeliverRecords {
  readonly #messages: DeliverMessages;
  readonly #changes: DeliverChanges;
  readonly #deadLetters: DeadLetterQueue;
  readonly #report: Report;
  readonly #count: Count;

  constructor(parts: {
    messages: DeliverMessages;
    changes: DeliverChanges;
    deadLetters: DeadLetterQueue;
    report: Report;
    count: Count;
  }) {
    this.#messages = parts.messages;
    this.#changes = parts.changes;
    this.#deadLetters = parts.deadLetters;
    this.#report = parts.report;
    this.#count = parts.count;
  }

  /**
   * Answers the records that are to come again. Messages of one conversation after a failed one are always among them, and so
   * are changes after a failed change. Neither waits for the other: what is changed was stored long ago.
   */
  async deliver(records: StreamRecord[]): Promise<StreamRecord[]> {
    const { conversations, unreadable } = byConversation(records);
    const failed = await pMap(
      conversations,
      async ([conversationId, { messages, changes }]) => [
        ...(await this.#attempt(conversationId, messages, (all) =>
          this.#messages.deliver(conversationId, all),
        )),
        ...(await this.#attempt(conversationId, changes, (all) =>
          this.#changes.deliver(conversationId, all),
        )),
      ],
      { concurrency },
    );
    return [...failed.flat(), ...(await this.#bury(unreadable, 'neither a message nor a change'))];
  }

  /** @param deliver answers the first of those that are to come again */
  async #attempt<Accepted>(
    conversationId: string,
    reads: Read<Accepted>[],
    deliver: (all: Accepted[]) => Promise<Accepted | undefined>,
  ): Promise<StreamRecord[]> {
    if (reads.length === 0) return [];
    const records = reads.map(({ record }) => record);
    try {
      const from = await deliver(reads.map(({ accepted }) => accepted));
      return from === undefined ? [] : records.slice(reads.findIndex(({ accepted }) => accepted === from));
    } catch (error) {
      if (error instanceof ConversationGone) return this.#bury(records, error.message);
      this.#report('records could not be delivered', { conversationId, records: records.length }, error);
      return records;
    }
  }

  /** Sets aside, whole, what no retry can help. What cannot be set aside either comes again. */
  async #bury(records: StreamRecord[], reason: string): Promise<StreamRecord[]> {
    const failed: StreamRecord[] = [];
    for (const record of records) {
      const { eventId, partitionKey, data } = record;
      try {
        await this.#deadLetters.put({ reason, eventId, partitionKey, data });
        this.#count('DeadLetters');
        this.#report('dead letter', { reason, eventId });
      } catch (error) {
        this.#report('dead letter could not be kept', { reason, eventId }, error);
        failed.push(record);
      }
    }
    return failed;
  }
}

function byConversation(records: StreamRecord[]) {
  const conversations = new Map<string, Reads>();
  const unreadable: StreamRecord[] = [];
  for (const record of records) {
    const accepted = readAccepted(Buffer.from(record.data, 'base64').toString('utf8'));
    if (accepted === undefined) {
      unreadable.push(record);
      continue;
    }
    const reads = conversations.get(accepted.conversationId) ?? { messages: [], changes: [] };
    if (isChange(accepted)) reads.changes.push({ record, accepted });
    else reads.messages.push({ record, accepted });
    conversations.set(accepted.conversationId, reads);
  }
  return { conversations, unreadable };
}
