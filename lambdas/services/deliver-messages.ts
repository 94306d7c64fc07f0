import pMap from 'p-map';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ServerEvent } from '../../shared/protocol/events.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import { idempotencyKey } from '../stores/message-log.ts';
import type { AllMembers } from './conversation-states.ts';
import type { ConversationViews } from './conversation-views.ts';
import type { FanOutJobs } from './fan-out-jobs.ts';
import type { Hop } from './hop.ts';
import { type MessageEvent, messageEvents } from './message-events.ts';
import type { OfflineMembers } from './offline-members.ts';
import type { Persisted, PersistMessages } from './persist-messages.ts';
import { type AcceptanceTimes, Deliveries, type Push } from './push.ts';
import type { Report } from './report.ts';

/** Inbox rows of one conversation that are written at once. */
const concurrency = 25;

/** New messages of one conversation: given their order, stored, and pushed to the members. */
export class DeliverMessages {
  readonly #persist: PersistMessages;
  readonly #inbox: InboxStore;
  readonly #views: ConversationViews;
  readonly #push: Push;
  readonly #fanOut: FanOutJobs;
  readonly #offline: OfflineMembers;
  readonly #report: Report;
  readonly #hop: Hop;

  constructor(parts: {
    persist: PersistMessages;
    inbox: InboxStore;
    views: ConversationViews;
    push: Push;
    fanOut: FanOutJobs;
    offline: OfflineMembers;
    report: Report;
    hop: Hop;
  }) {
    this.#persist = parts.persist;
    this.#inbox = parts.inbox;
    this.#views = parts.views;
    this.#push = parts.push;
    this.#fanOut = parts.fanOut;
    this.#offline = parts.offline;
    this.#report = parts.report;
    this.#hop = parts.hop;
  }

  /** Returns the first message to deliver again. Throws `ConversationGone`. */
  async deliver(conversationId: string, messages: AcceptedMessage[]): Promise<AcceptedMessage | undefined> {
    const persisted = await this.#persist.persist(conversationId, messages);
    this.#tellHops(conversationId, persisted);
    const { stored, roster } = persisted;
    const answers = answersTo(persisted);
    if (roster.isLarge) {
      // Fan-out brings what was stored to everyone, the senders among them, and alone knows who is connected.
      await this.#markOwnRead(conversationId, stored);
      const seqs = stored.map((message) => message.seq);
      await this.#fanOut.queueMessages(conversationId, seqs, oldestAcceptance(messages));
      await this.#push.deliver(answers);
    } else {
      await this.#updateInboxes(conversationId, stored, roster.members);
      await this.#pushToAll(conversationId, stored, roster.members, { answers, accepted: messages });
    }

    if (persisted.failure === undefined) return undefined;
    const { from, error } = persisted.failure;
    this.#report('messages could not be stored', { conversationId, messageId: from.messageId }, error);
    return from;
  }

  #tellHops(conversationId: string, { stored, resent, refused }: Persisted): void {
    for (const { messageId, seq } of stored) this.#hop('stored', { conversationId, messageId, seq });
    for (const { messageId, seq } of resent) this.#hop('recognised', { conversationId, messageId, seq });
    for (const { messageId, error } of refused) {
      this.#hop('refused', { conversationId, messageId, code: error.code });
    }
  }

  /** In a large group no inbox row follows the messages; but a sender, unless it has left, has read what it sent. */
  async #markOwnRead(conversationId: string, stored: Message[]): Promise<void> {
    const sentSeqs = new Map(stored.map((message) => [message.senderId, message.seq]));
    await pMap(sentSeqs, ([userId, ownSeq]) => this.#inbox.markRead(userId, conversationId, ownSeq), {
      concurrency,
    });
  }

  /** One update for each member and batch, of the newest message only. */
  async #updateInboxes(conversationId: string, stored: Message[], members: AllMembers): Promise<void> {
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
      { concurrency },
    );
  }

  /** What was stored to all members, and the answers to single senders after it. */
  async #pushToAll(
    conversationId: string,
    stored: Message[],
    members: AllMembers,
    { answers, accepted }: { answers: Deliveries; accepted: AcceptedMessage[] },
  ): Promise<void> {
    const events = messageEvents(stored);
    const deliveries = new Deliveries();
    if (events.length > 0) {
      for (const [userId, event] of await this.#introductions(conversationId, stored, members)) {
        deliveries.add(userId, event);
      }
      for (const userId of members.keys()) deliveries.add(userId, ...events);
    }
    for (const [userId, answer] of answers) deliveries.add(userId, ...answer);
    const online = await this.#push.deliver(deliveries, acceptanceTimes(events, accepted));
    if (online !== undefined) {
      const offlineIds = [...members.keys()].filter((userId) => !online.has(userId));
      await this.#offline.tell(stored, offlineIds);
    }
  }

  /**
   * A member hears of a conversation before its first message. Whoever added the member told so at once, but on
   * another path, which may be slower or have failed: so the first message after joining brings it again.
   */
  async #introductions(
    conversationId: string,
    stored: Message[],
    members: AllMembers,
  ): Promise<Map<string, ServerEvent>> {
    const seqs = new Set(stored.map((message) => message.seq));
    const newcomers = [...members.values()].filter((member) => seqs.has(member.joinedSeq + 1));
    const views = await this.#views.views(newcomers.map(({ userId }) => ({ userId, conversationId })));
    return new Map(views.map(({ userId, conversation }) => [userId, { type: 'conversation', conversation }]));
  }
}

/** What only the sender of a message is to hear. */
function answersTo({ resent, refused }: Persisted): Deliveries {
  const deliveries = new Deliveries();
  for (const message of resent) deliveries.add(message.senderId, ...messageEvents([message]));
  for (const { senderId, messageId, error } of refused) {
    const { code, message } = error;
    deliveries.add(senderId, { type: 'error', code, message, action: 'sendMessage', messageId });
  }
  return deliveries;
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
