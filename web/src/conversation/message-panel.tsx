import type { Conversation, ConversationInfo, Message } from '@parley/client';
import type { RefObject } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Icon } from '../elements/icon.tsx';
import { titleOf } from '../inbox/conversation-title.ts';
import { useChat } from '../sdk/chat-context.ts';
import { useEmitter } from '../sdk/use-emitter.ts';
import { useNow } from '../shell/use-now.ts';
import { reasonInWords } from '../text/error-words.ts';
import { allowedOn } from './message-actions.ts';
import { MessageDialogs } from './message-dialogs.tsx';
import { MessageRow } from './message-row.tsx';
import { estimateHeight } from './row-height-estimate.ts';
import { type Row, rowsOf } from './rows.ts';
import { useMessageActions } from './use-message-actions.ts';
import { useNewLine } from './use-new-line.ts';
import { useReadMarker } from './use-read-marker.ts';
import type { LoadedTimeline } from './use-timeline.ts';
import { type ListHandle, type ListView, VirtualList } from './virtual-list.tsx';

type Props = {
  conversation: Conversation;
  info: ConversationInfo;
  readerIds: readonly string[];
  list: RefObject<ListHandle | null>;
  loaded: LoadedTimeline;
  /** `seq` of the message that is being written anew. */
  editedSeq: number | undefined;
  onEdit(message: Message): void;
};

/** Nearer to the top than this, older messages are loaded. */
const LOAD_OLDER_AT = 1200;

export function MessagePanel({ conversation, info, readerIds, list, loaded, editedSeq, onEdit }: Props) {
  const { me } = useChat();
  const { timeline, loading, error, loadOlder } = loaded;
  useEmitter(conversation, 'outgoing', 'read');
  const now = useNow();
  const newAfter = useNewLine(conversation, me.userId);
  const seen = useReadMarker(conversation);
  const focusList = () => list.current?.focus();
  const { actions, question, onAnswered } = useMessageActions({ conversation, onEdit, focusList });
  const [view, setView] = useState({ isAtEnd: true, lastSeq: 0 });

  const messages = timeline?.messages ?? [];
  const outgoing = conversation.outgoing;
  const rows = useMemo(
    () => rowsOf({ messages, outgoing, myId: me.userId, newAfter }),
    [messages, outgoing, outgoing.length, newAfter, me.userId],
  );

  if (loading === 'first' && outgoing.length === 0)
    return <div class="message-place loading" role="status" aria-label="Loading messages" />;
  if (error !== undefined && messages.length === 0) {
    return (
      <div class="message-place empty" role="alert">
        <p>The messages could not be loaded: {reasonInWords(error)}</p>
        <button type="button" class="button" onClick={loadOlder}>
          Try again
        </button>
      </div>
    );
  }

  const onView = ({ top, firstIndex, lastIndex, isAtEnd }: ListView) => {
    if (timeline?.hasOlder && top < LOAD_OLDER_AT && loading === undefined && error === undefined)
      loadOlder();
    const lastSeq = lastSeqIn(rows, firstIndex, lastIndex);
    if (lastSeq > 0) seen(lastSeq);
    if (isAtEnd !== view.isAtEnd || (isAtEnd && lastSeq > view.lastSeq))
      setView({ isAtEnd, lastSeq: Math.max(lastSeq, view.lastSeq) });
  };
  const below = messages.filter(({ seq, senderId }) => seq > view.lastSeq && senderId !== me.userId).length;
  return (
    <div class="message-place">
      <VirtualList
        label={`Messages with ${titleOf(info)}`}
        rows={rows}
        estimate={estimateHeight}
        startKey={rows.some(({ kind }) => kind === 'new') ? 'new' : undefined}
        onView={onView}
        handle={list}
        canFocus={(row) => row.kind === 'message' && allowedOn(row.message, me.userId, info).react}
        renderRow={(row, isReachable) => (
          <MessageRow
            row={row}
            conversation={conversation}
            info={info}
            readerIds={readerIds}
            now={now}
            actions={actions}
            editedSeq={editedSeq}
            isReachable={isReachable}
            start={{ hasOlder: timeline?.hasOlder ?? true, error, onRetry: loadOlder }}
          />
        )}
      />
      {!view.isAtEnd && (
        <button type="button" class="to-end" onClick={() => list.current?.toEnd()}>
          <Icon name="down" size={18} />
          {below > 0 ? `${below} new` : 'Newest'}
        </button>
      )}
      <MessageDialogs
        conversation={conversation}
        question={question}
        actions={actions}
        onAnswered={onAnswered}
      />
    </div>
  );
}

function lastSeqIn(rows: readonly Row[], first: number, last: number): number {
  for (let index = last; index >= first; index -= 1) {
    const row = rows[index];
    if (row?.kind === 'message') return row.message.seq;
  }
  return 0;
}
