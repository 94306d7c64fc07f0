import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { actionOf } from '../../shared/domain/message-changes.ts';
import type { FanOutJobs } from './fan-out-jobs.ts';
import type { Hop } from './hop.ts';
import { changeEvents, joinedChangeSets } from './message-events.ts';
import type { PersistChanges, PersistedChanges } from './persist-changes.ts';
import { Deliveries, type Push } from './push.ts';
import type { Report } from './report.ts';

/** Changes to one conversation's messages: given their revisions, stored, and pushed to the members. */
export class DeliverChanges {
  readonly #persist: PersistChanges;
  readonly #push: Push;
  readonly #fanOut: FanOutJobs;
  readonly #report: Report;
  readonly #hop: Hop;

  constructor(parts: {
    persist: PersistChanges;
    push: Push;
    fanOut: FanOutJobs;
    report: Report;
    hop: Hop;
  }) {
    this.#persist = parts.persist;
    this.#push = parts.push;
    this.#fanOut = parts.fanOut;
    this.#report = parts.report;
    this.#hop = parts.hop;
  }

  /** Returns the first change to deliver again. Throws `ConversationGone`. */
  async deliver(conversationId: string, changes: AcceptedChange[]): Promise<AcceptedChange | undefined> {
    const persisted = await this.#persist.persist(conversationId, changes);
    this.#tellHops(conversationId, persisted);
    if (persisted.roster.isLarge) await this.#fanOut.queueChanges(conversationId, persisted.applied);
    await this.#push.deliver(deliveriesOf(persisted));

    if (persisted.failure === undefined) return undefined;
    const { from, error } = persisted.failure;
    this.#report('changes could not be stored', { conversationId, seq: from.seq }, error);
    return from;
  }

  #tellHops(conversationId: string, { applied, refused }: PersistedChanges): void {
    for (const { messageId, seq, revision } of applied.flatMap(({ messages }) => messages)) {
      this.#hop('changed', { conversationId, messageId, seq, revision: revision ?? 0 });
    }
    for (const { messageId, error } of refused) {
      if (messageId !== undefined) this.#hop('refused', { conversationId, messageId, code: error.code });
    }
  }
}

/** Those of a large group get what was applied from the fan-out. */
function deliveriesOf({ applied, unchanged, refused, roster }: PersistedChanges): Deliveries {
  const deliveries = new Deliveries();
  if (!roster.isLarge) {
    const events = joinedChangeSets(applied).flatMap(changeEvents);
    if (events.length > 0) for (const userId of roster.members.keys()) deliveries.add(userId, ...events);
  }
  for (const { userId, message } of unchanged) {
    const { revision = 0 } = message;
    const afterRevision = Math.max(0, revision - 1);
    deliveries.add(userId, ...changeEvents({ messages: [message], afterRevision, lastRevision: revision }));
  }
  for (const { change, messageId, error } of refused) {
    const { code, message } = error;
    deliveries.add(change.userId, {
      type: 'error',
      code,
      message,
      action: actionOf(change.change),
      messageId,
    });
  }
  return deliveries;
}
