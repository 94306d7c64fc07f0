import { jsonBytes, takeWithinBytes } from '../../shared/domain/split-by-bytes.ts';
import type { SyncedConversation, UnknownConversation } from '../../shared/protocol/events.ts';
import type { SyncFrame } from '../../shared/protocol/frames.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { InboxRow, InboxStore } from '../stores/inbox-store.ts';
import type { MessageStore } from '../stores/message-store.ts';

type Wanted = SyncFrame['conversations'][number];

/** What a device lacks of up to fifty conversations, as much of it as one frame holds. */
export class Sync {
  readonly #inbox: InboxStore;
  readonly #conversations: ConversationStore;
  readonly #messages: MessageStore;

  constructor(inbox: InboxStore, conversations: ConversationStore, messages: MessageStore) {
    this.#inbox = inbox;
    this.#conversations = conversations;
    this.#messages = messages;
  }

  /**
   * The conversations in the order asked for, those the caller is no member of as unknown. The frame is filled in that
   * order; what does not fit is left for the next request, and at least one message always fits.
   */
  async sync(
    callerId: string,
    { conversations: wanted, limit = limits.messagePage }: Pick<SyncFrame, 'conversations' | 'limit'>,
  ): Promise<(SyncedConversation | UnknownConversation)[]> {
    const rows = await this.#inbox.rows(
      wanted.map(({ conversationId }) => ({ userId: callerId, conversationId })),
    );
    const heads = await this.#conversations.heads(rows.map((row) => row.conversationId));
    const rowsById = new Map(rows.map((row) => [row.conversationId, row]));

    const answers = wanted.map((one): SyncedConversation | UnknownConversation => {
      const row = rowsById.get(one.conversationId);
      const head = heads.get(one.conversationId);
      if (row === undefined || head === undefined) {
        return { conversationId: one.conversationId, code: 'NOT_FOUND' };
      }
      return withoutMessages(one, row, head);
    });
    await this.#fill(answers, wanted, limit);
    return answers;
  }

  async #fill(
    answers: (SyncedConversation | UnknownConversation)[],
    wanted: Wanted[],
    limit: number,
  ): Promise<void> {
    let room = limits.eventBytes - jsonBytes(answers) - envelopeBytes;
    for (const [index, answer] of answers.entries()) {
      const afterSeq = wanted[index]?.afterSeq;
      if ('code' in answer || afterSeq === undefined || !answer.hasMore) continue;
      const { messages } = await this.#messages.after(answer.conversationId, afterSeq, limit);
      answer.messages = takeWithinBytes(messages, room);
      answer.hasMore = (answer.messages.at(-1)?.seq ?? afterSeq) < answer.lastSeq;
      room -= jsonBytes(answer.messages);
      if (answer.messages.length < messages.length || room < smallestRoom) return;
    }
  }
}

/** The reply's own braces, type and request id. */
const envelopeBytes = 512;
/** With less left than this it is not worth reading another conversation. */
const smallestRoom = 1024;

function withoutMessages({ afterSeq }: Wanted, row: InboxRow, head: ConversationHead): SyncedConversation {
  return {
    conversationId: head.conversationId,
    lastSeq: head.lastSeq,
    lastReadSeq: row.lastReadSeq,
    lastRevision: head.lastRevision,
    messages: [],
    changed: [],
    hasMore: head.lastSeq > afterSeq,
  };
}
