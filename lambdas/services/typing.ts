import { conversationNotFound } from '../../shared/protocol/errors.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationStore } from '../stores/conversation-store.ts';
import type { InboxStore } from '../stores/inbox-store.ts';
import type { MemberStore } from '../stores/member-store.ts';
import type { Push } from './push.ts';

export type TypingState = 'started' | 'stopped';

/** Who is writing: told, and kept nowhere. */
export class Typing {
  readonly #inbox: InboxStore;
  readonly #conversations: ConversationStore;
  readonly #memberRows: MemberStore;
  readonly #push: Push;

  constructor(parts: {
    inbox: InboxStore;
    conversations: ConversationStore;
    members: MemberStore;
    push: Push;
  }) {
    this.#inbox = parts.inbox;
    this.#conversations = parts.conversations;
    this.#memberRows = parts.members;
    this.#push = parts.push;
  }

  /** To the other members; in a large group to nobody. */
  async tell(callerId: string, conversationId: string, state: TypingState): Promise<void> {
    const [row, head] = await Promise.all([
      this.#inbox.row(callerId, conversationId),
      this.#conversations.head(conversationId),
    ]);
    if (row === undefined || head === undefined) throw conversationNotFound();
    if (head.memberCount > limits.smallGroupMembers) return;
    const members = await this.#memberRows.all(conversationId);
    await this.#push.toUsers(
      members.map(({ userId }) => userId).filter((userId) => userId !== callerId),
      { type: 'typing', conversationId, userId: callerId, state },
    );
  }
}
