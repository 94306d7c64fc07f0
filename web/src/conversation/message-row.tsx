import type { Conversation, ConversationInfo } from '@parley/client';
import { useChat } from '../sdk/chat-context.ts';
import { dayName } from '../text/time.ts';
import type { MessageActions } from './message-actions.ts';
import { OutgoingBubble } from './outgoing-bubble.tsx';
import type { Row } from './rows.ts';
import { StartOfConversation, type StartState } from './start-of-conversation.tsx';
import { StoredBubble } from './stored-bubble.tsx';

type Props = {
  row: Row;
  conversation: Conversation;
  info: ConversationInfo;
  /** The other members, where all of them are known. */
  readerIds: readonly string[];
  now: number;
  start: StartState;
  actions: MessageActions;
  /** `seq` of the message that is being written anew. */
  editedSeq: number | undefined;
  isReachable: boolean;
};

export function MessageRow({ row, conversation, info, readerIds, now, start, ...rest }: Props) {
  const { me } = useChat();
  switch (row.kind) {
    case 'start':
      return <StartOfConversation info={info} {...start} />;
    case 'day':
      return <p class="day">{dayName(row.time, now)}</p>;
    case 'new':
      return <p class="new-line">New messages</p>;
    case 'outgoing':
      return <OutgoingBubble outgoing={row.outgoing} place={row.place} />;
    case 'message':
      if (row.message.type === 'system') return <p class="system-line">{row.message.content}</p>;
      return (
        <StoredBubble
          message={row.message}
          place={row.place}
          info={info}
          isRead={row.message.senderId === me.userId && isReadByAll(conversation, readerIds, row.message.seq)}
          isBeingEdited={row.message.seq === rest.editedSeq}
          isReachable={rest.isReachable}
          actions={rest.actions}
        />
      );
  }
}

/** By the other one of a DM; of a group, by all others. */
function isReadByAll(conversation: Conversation, readerIds: readonly string[], seq: number): boolean {
  return readerIds.length > 0 && readerIds.every((userId) => (conversation.readSeq(userId) ?? 0) >= seq);
}
