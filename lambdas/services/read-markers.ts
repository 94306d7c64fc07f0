import { conversationNotFound } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Caller, CallerRows } from '../stores/caller-rows.ts';
import type { ConversationStore } from '../stores/conversation-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MemberStore } from '../stores/member-store.ts';
import type { Push } from './push.ts';

/** How far each member has read. */
export class ReadMarkers<C extends Caller> {
  readonly #rows: CallerRows<C>;
  readonly #inbox: InboxStore;
  readonly #conversations: ConversationStore;
  readonly #memberRows: MemberStore;
  readonly #push: Push;

  constructor(parts: {
    rows: CallerRows<C>;
    inbox: InboxStore;
    conversations: ConversationStore;
    members: MemberStore;
    push: Push;
  }) {
    this.#rows = parts.rows;
    this.#inbox = parts.inbox;
    this.#conversations = parts.conversations;
    this.#memberRows = parts.members;
    this.#push = parts.push;
  }

  /** Answers where the caller's marker is then: never further back than before, never past the end. */
  async markRead(caller: C, conversationId: string, seq: number): Promise<number> {
    const callerId = caller.userId;
    const [row, head] = await Promise.all([
      this.#rows.row(caller, conversationId),
      this.#conversations.head(conversationId),
    ]);
    if (row === undefined || head === undefined) throw conversationNotFound();
    const wanted = Math.min(seq, head.lastSeq);
    if (wanted <= row.lastReadSeq) return row.lastReadSeq;
    if (!(await this.#inbox.markRead(callerId, conversationId, wanted))) {
      // Another device got further meanwhile, or the caller left.
      const now = await this.#inbox.row(callerId, conversationId);
      if (now === undefined) throw conversationNotFound();
      return now.lastReadSeq;
    }
    const small = head.memberCount <= limits.smallGroupMembers;
    const readers = small ? await this.#memberRows.all(conversationId) : [{ userId: callerId }];
    await this.#push.toUsers(
      readers.map((member) => member.userId),
      { type: 'read', conversationId, userId: callerId, seq: wanted },
    );
    return wanted;
  }
}
