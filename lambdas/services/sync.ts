import { jsonBytes, takeWithinBytes } from '../../shared/domain/split-by-bytes.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { SyncedConversation, UnknownConversation } from '../../shared/protocol/events.ts';
import type { SyncFrame } from '../../shared/protocol/frames.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { InboxRow, InboxStore } from '../stores/inbox-store.ts';
import type { MessageStore } from '../stores/message-store.ts';
import type { ChangedMessages } from './changed-messages.ts';

type Wanted = SyncFrame['conversations'][number];

/** What a device lacks of up to fifty conversations, as much of it as one frame holds. */
export class Sync {
  readonly #inbox: InboxStore;
  readonly #conversations: ConversationStore;
  readonly #messages: MessageStore;
  readonly #changed: ChangedMessages;

  constructor(
    inbox: InboxStore,
    conversations: ConversationStore,
    messages: MessageStore,
    changed: ChangedMessages,
  ) {
    this.#inbox = inbox;
    this.#conversations = conversations;
    this.#messages = messages;
    this.#changed = changed;
  }

  /**
   * The conversations in the order asked for, those the caller is no member of as unknown. The frame is filled in that
   * order; what does not fit is left for the next request, and at least one message always fits. The heads are read first:
   * what changes after that is told of by an event.
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
    const fitting = (messages: Message[]) => {
      const taken = takeWithinBytes(messages, room);
      room = taken.length < messages.length ? 0 : room - jsonBytes(taken);
      return taken;
    };
    for (const [index, answer] of answers.entries()) {
      const one = wanted[index];
      if ('code' in answer || one === undefined || !answer.hasMore) continue;
      const lacks = lackingIn(answer, one);
      if (lacks.messages) {
        const { messages } = await this.#messages.after(answer.conversationId, one.afterSeq, limit);
        answer.messages = fitting(messages);
      }
      if (lacks.changes && room >= smallestRoom) {
        const { conversationId, afterRevision = 0 } = one;
        const { messages } = await this.#changed.after(conversationId, afterRevision, limit, room);
        answer.changed = fitting(messages);
      }
      const left = lackingIn(answer, {
        afterSeq: answer.messages.at(-1)?.seq ?? one.afterSeq,
        afterRevision: answer.changed.at(-1)?.revision ?? one.afterRevision,
      });
      answer.hasMore = left.messages || left.changes;
      if (room < smallestRoom) return;
    }
  }
}

/** The reply's own braces, type and request id. */
const envelopeBytes = 512;
/** With less left than this it is not worth reading on. */
const smallestRoom = 1024;

function withoutMessages(wanted: Wanted, row: InboxRow, head: ConversationHead): SyncedConversation {
  const { conversationId, lastSeq, lastRevision } = head;
  const lacks = lackingIn(head, wanted);
  return {
    conversationId,
    lastSeq,
    lastReadSeq: row.lastReadSeq,
    lastRevision,
    messages: [],
    changed: [],
    hasMore: lacks.messages || lacks.changes,
  };
}

/** Who names no revision does not ask for changes. */
function lackingIn(
  { lastSeq, lastRevision }: Pick<ConversationHead, 'lastSeq' | 'lastRevision'>,
  { afterSeq, afterRevision = lastRevision }: Pick<Wanted, 'afterSeq' | 'afterRevision'>,
): { messages: boolean; changes: boolean } {
  return { messages: lastSeq > afterSeq, changes: lastRevision > afterRevision };
}
