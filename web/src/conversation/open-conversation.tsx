import type { Conversation, ConversationInfo, Message } from '@parley/client';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { peerOf } from '../inbox/conversation-title.ts';
import { useChat } from '../sdk/chat-context.ts';
import { Composer } from './composer.tsx';
import { type Edit, keepEdit, readEdit } from './drafts.ts';
import { EditComposer } from './edit-composer.tsx';
import { lastEditable } from './message-actions.ts';
import { MessagePanel } from './message-panel.tsx';
import { TypingLine } from './typing-line.tsx';
import { useMembers } from './use-members.ts';
import { useTimeline } from './use-timeline.ts';
import type { ListHandle } from './virtual-list.tsx';

type Props = { conversation: Conversation; info: ConversationInfo };

/** The messages of a conversation, and where one writes: a new one, or one of them anew. */
export function OpenConversation({ conversation, info }: Props) {
  const { client, me } = useChat();
  const { members = [] } = useMembers(conversation);
  const list = useRef<ListHandle>(null);
  const loaded = useTimeline(conversation);
  const [edit, setEdit] = useState(() => readEdit(me.userId, conversation.id));
  const { messages = [] } = loaded.timeline ?? {};
  const hasEdited = useRef(false);
  const taken = useRef<Edit | undefined>(undefined);

  const changeEdit = (next: Edit | undefined) => {
    keepEdit(me.userId, conversation.id, next);
    hasEdited.current = true;
    setEdit(next);
  };
  const startEdit = useCallback(
    ({ seq, messageId, content }: Message) =>
      changeEdit({ seq, messageId, original: content, text: content }),
    [conversation],
  );
  // Somebody was faster, by deleting it for example; what was typed is not lost. The reason is told as of any refusal.
  useEffect(
    () =>
      client.on('changeRefused', ({ action, messageId }) => {
        if (action === 'editMessage' && messageId === taken.current?.messageId) changeEdit(taken.current);
      }),
    [client, conversation],
  );
  const editLast = () => {
    const message = lastEditable(messages, me.userId, info);
    if (message !== undefined) startEdit(message);
  };

  // Of a group too large to be read whole, nobody can say that all have read.
  const readerIds =
    members.length < info.memberCount
      ? []
      : members.map(({ userId }) => userId).filter((userId) => userId !== me.userId);
  return (
    <>
      <MessagePanel
        conversation={conversation}
        info={info}
        readerIds={readerIds}
        list={list}
        loaded={loaded}
        editedSeq={edit?.seq}
        onEdit={startEdit}
      />
      <TypingLine conversation={conversation} />
      {edit !== undefined ? (
        <EditComposer
          key={edit.seq}
          conversation={conversation}
          edit={edit}
          isDeleted={messages.some(({ seq, deleted }) => seq === edit.seq && deleted)}
          onDone={(edited) => {
            taken.current = edited;
            changeEdit(undefined);
          }}
        />
      ) : info.type === 'DM' && peerOf(info) === undefined ? (
        <p class="composer-closed">This account was deleted. There is nobody here to write to any more.</p>
      ) : (
        <Composer
          conversation={conversation}
          onSend={() => list.current?.toEnd()}
          onEditLast={editLast}
          isFocused={hasEdited.current}
        />
      )}
    </>
  );
}
