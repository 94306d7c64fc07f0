import type { Count } from '../../shared/domain/metrics.ts';
import type { OfflineMessage } from '../../shared/domain/offline-message.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { EventBus } from '../stores/event-bus.ts';
import type { Report } from './report.ts';

/** Tells of messages whose members are not connected, to whoever notifies them in another way. */
export class OfflineMembers {
  readonly #bus: EventBus;
  readonly #report: Report;
  readonly #count: Count;

  constructor(bus: EventBus, report: Report, count: Count) {
    this.#bus = bus;
    this.#report = report;
    this.#count = count;
  }

  /** One event for each message that somebody missed. Never rejects: the message is stored, and seen at the next visit. */
  async tell(stored: readonly Message[], offlineIds: readonly string[]): Promise<void> {
    const missed = stored.flatMap((message) => missedBy(message, offlineIds));
    if (missed.length === 0) return;
    try {
      const refused = await this.#bus.put(missed);
      this.#count('OfflineEvents', missed.length - refused);
      if (refused > 0) this.#report('events were not taken', { events: refused });
    } catch (error) {
      this.#report('offline members were not told of', { events: missed.length }, error);
    }
  }
}

function missedBy(message: Message, offlineIds: readonly string[]): OfflineMessage[] {
  const { conversationId, seq, messageId, senderId, createdAt } = message;
  const memberIds = offlineIds.filter((userId) => userId !== senderId);
  if (memberIds.length === 0) return [];
  return [{ version: 1, conversationId, seq, messageId, senderId, createdAt, memberIds }];
}
