import pMap from 'p-map';
import * as v from 'valibot';
import { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { Count } from '../../shared/domain/metrics.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { DeadLetterQueue } from '../stores/dead-letter-queue.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import { idempotencyKey } from '../stores/message-log.ts';
import { ConversationGone } from './conversation-states.ts';
import type { ConversationViews } from './conversation-views.ts';
import type { FanOutJobs } from './fan-out-jobs.ts';
import type { Hop } from './hop.ts';
import { type MessageEvent, messageEvents } from './message-events.ts';
import type { OfflineMembers } from './offline-members.ts';
import type { Persisted, PersistMessages } from './persist-messages.ts';
import type { AcceptanceTimes, Deliveries, Push } from './push.ts';
import type { Report } from './report.ts';

/** Conversations of one batch that are worked on at once, and members of one whose inbox rows are written at once. */
const concurrency = { conversations: 10, inboxRows: 25 };

export type StreamRecord = {
  /** Names the record to the event source when it has failed. */
  sequenceNumber: string;
  eventId: string;
  partitionKey: string;
  /** Base64. */
  data: string;
};

type Read = { record: StreamRecord; message: AcceptedMessage };

/** The second half of a send: a batch of the stream is given its order, stored, and pushed. */
export class DeliverMessages {
  readonly #persist: PersistMessages;
  readonly #inbox: InboxStore;
  readonly #views: ConversationViews;
  readonly #push: Push;
  readonly #fanOut: FanOutJobs;
  readonly #deadLetters: DeadLetterQueue;
  readonly #offline: OfflineMembers;
  readonly #report: Report;
  readonly #count: Count;
  readonly #hop: Hop;

  constructor(parts: {
    persist: PersistMessages;
    inbox: InboxStore;
    views: ConversationViews;
    push: Push;
    fanOut: FanOutJobs;
    deadLetters: DeadLetterQueue;
    offline: OfflineMembers;
    report: Report;
    count: Count;
    hop: Hop;
  }) {
    this.#persist = parts.persist;
    this.#inbox = parts.inbox;
    this.#views = parts.views;
    this.#push = parts.push;
    this.#fanOut = parts.fanOut;
    this.#deadLetters = parts.deadLetters;
    this.#offline = parts.offline;
    this.#report = parts.report;
    this.#count = parts.count;
    this.#hop = parts.hop;
  }

  /** Answers the records that are to come again. Those of one conversation after a failed one are always among them. */
  async deliver(records: StreamRecord[]): Promise<StreamRecord[]> {
    const conversations = new Map<string, Read[]>();
    const unreadable: StreamRecord[] = [];
    for (const record of records) {
      const message = readMessage(record);
      if (message === undefined) {
        unreadable.push(record);
        continue;
      }
      const reads = conversations.get(message.conversationId) ?? [];
      reads.push({ record, message });
      conversations.set(message.conversationId, reads);
    }
    const failed = await pMap(
      conversations,
      ([conversationId, reads]) => this.#deliverConversation(conversationId, reads),
      { concurrency: concurrency.conversations },
    );
    return [...failed.flat(), ...(await this.#bury(unreadable, 'not a message'))];
  }

  async #deliverConversation(conversationId: string, reads: Read[]): Promise<StreamRecord[]> {
    const records = reads.map((read) => read.record);
    try {
      const messages = reads.map((read) => read.message);
      const persisted = await this.#persist.persist(conversationId, messages);
      this.#tellHops(conversationId, persisted);
      const seqs = persisted.stored.map((message) => message.seq);
      if (persisted.isLarge) {
        await this.#markOwnRead(conversationId, persisted);
        await this.#fanOut.queue(conversationId, seqs, oldestAcceptance(messages));
      } else {
        await this.#updateInboxes(conversationId, persisted);
      }
      // Those of a large group get what was stored from the fan-out, the senders among them.
      const events = persisted.isLarge ? [] : messageEvents(persisted.stored);
      const online = await this.#push.deliver(
        await this.#deliveries(conversationId, persisted, events),
        acceptanceTimes(events, messages),
      );
      // Who of a large group is connected is known to the fan-out alone, bucket by bucket.
      if (online !== undefined && !persisted.isLarge) {
        const offlineIds = [...persisted.members.keys()].filter((userId) => !online.has(userId));
        await this.#offline.tell(persisted.stored, offlineIds);
      }

      if (persisted.failure === undefined) return [];
      const { from, error } = persisted.failure;
      this.#report('messages could not be stored', { conversationId, messageId: from.messageId }, error);
      return records.slice(reads.findIndex((read) => read.message === from));
    } catch (error) {
      if (error instanceof ConversationGone) return this.#bury(records, error.message);
      this.#report('messages could not be delivered', { conversationId, records: records.length }, error);
      return records;
    }
  }

  #tellHops(conversationId: string, { stored, resent, refused }: Persisted): void {
    for (const { messageId, seq } of stored) this.#hop('stored', { conversationId, messageId, seq });
    for (const { messageId, seq } of resent) this.#hop('recognised', { conversationId, messageId, seq });
    for (const { messageId, error } of refused) {
      this.#hop('refused', { conversationId, messageId, code: error.code });
    }
  }

  /** In a large group no inbox row follows the messages; but a sender has read what it sent. */
  async #markOwnRead(conversationId: string, { stored, members }: Persisted): Promise<void> {
    const sentSeqs = new Map(stored.map((message) => [message.senderId, message.seq]));
    await pMap(
      [...sentSeqs].filter(([userId]) => members.has(userId)),
      ([userId, ownSeq]) => this.#inbox.markRead(userId, conversationId, ownSeq),
      { concurrency: concurrency.inboxRows },
    );
  }

  /** One update for each member and batch, of the newest message only. */
  async #updateInboxes(conversationId: string, { stored, members }: Persisted): Promise<void> {
    const newest = stored.at(-1);
    if (newest === undefined) return;
    const activity = { conversationId, lastSeq: newest.seq, lastActivityAt: newest.createdAt };
    const sentSeqs = new Map(stored.map((message) => [message.senderId, message.seq]));
    await pMap(
      members.keys(),
      async (userId) => {
        const ownSeq = sentSeqs.get(userId);
        if (ownSeq === undefined) await this.#inbox.advance(userId, activity);
        else await this.#inbox.advanceSender(userId, activity, ownSeq);
      },
      { concurrency: concurrency.inboxRows },
    );
  }

  /** `events` bring what was stored. */
  async #deliveries(
    conversationId: string,
    persisted: Persisted,
    events: MessageEvent[],
  ): Promise<Deliveries> {
    const { resent, refused, members } = persisted;
    const deliveries: Deliveries = new Map();
    const add = (userId: string, ...events: ServerEvent[]) => {
      deliveries.set(userId, [...(deliveries.get(userId) ?? []), ...events]);
    };

    if (events.length > 0) {
      for (const [userId, event] of await this.#introductions(conversationId, persisted)) add(userId, event);
      for (const userId of members.keys()) add(userId, ...events);
    }
    for (const message of resent) add(message.senderId, ...messageEvents([message]));
    for (const { senderId, messageId, error } of refused) {
      const { code, message } = error;
      add(senderId, { type: 'error', code, message, action: 'sendMessage', messageId });
    }
    return deliveries;
  }

  /**
   * A member hears of a conversation before its first message. Whoever added the member told so at once, but on
   * another path, which may be slower or have failed: so the first message after joining brings it again.
   */
  async #introductions(
    conversationId: string,
    { stored, members }: Persisted,
  ): Promise<Map<string, ServerEvent>> {
    const seqs = new Set(stored.map((message) => message.seq));
    const newcomers = [...members.values()].filter((member) => seqs.has(member.joinedSeq + 1));
    if (newcomers.length === 0) return new Map();
    const views = await this.#views.views(newcomers.map(({ userId }) => ({ userId, conversationId })));
    return new Map(views.map(({ userId, conversation }) => [userId, { type: 'conversation', conversation }]));
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

function readMessage(record: StreamRecord): AcceptedMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(record.data, 'base64').toString('utf8'));
  } catch {
    return undefined; // The caller buries what is not JSON.
  }
  const parsed = v.safeParse(AcceptedMessage, json);
  return parsed.success ? parsed.output : undefined;
}

function oldestAcceptance(messages: AcceptedMessage[]): number {
  return Math.min(...messages.map(({ acceptedAt }) => Date.parse(acceptedAt)));
}

/** Of each event, when the oldest of its messages was accepted. */
function acceptanceTimes(events: MessageEvent[], accepted: AcceptedMessage[]): AcceptanceTimes {
  const times = new Map(accepted.map((one) => [idempotencyKey(one), Date.parse(one.acceptedAt)]));
  return new Map(
    events.map((event) => [
      event,
      Math.min(
        ...event.messages.map(
          (message) => times.get(idempotencyKey(message)) ?? Date.parse(message.createdAt),
        ),
      ),
    ]),
  );
}
