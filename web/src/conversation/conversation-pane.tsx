import type { Conversation } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../sdk/chat-context.ts';
import { useEmitter } from '../sdk/use-emitter.ts';
import { useInbox } from '../sdk/use-inbox.ts';
import { codeOf } from '../text/error-words.ts';
import { Composer } from './composer.tsx';
import { ConversationHeader } from './conversation-header.tsx';
import { ConversationMissing } from './conversation-missing.tsx';
import { MessagePanel } from './message-panel.tsx';
import { useMembers } from './use-members.ts';
import type { ListHandle } from './virtual-list.tsx';

type Props = { conversation: Conversation; detailsOpen: boolean };

export function ConversationPane({ conversation, detailsOpen }: Props) {
  const { me } = useChat();
  const inbox = useInbox();
  useEmitter(conversation, 'info');
  const { members = [] } = useMembers(conversation);
  const pane = useRef<HTMLElement>(null);
  const list = useRef<ListHandle>(null);
  const info = conversation.info;
  const state = useExistence(conversation, info !== undefined, inbox.isLoaded);

  useEffect(() => {
    if (info === undefined || detailsOpen) return;
    // On a screen to be touched, the focus on an input would bring up the keyboard.
    const canType = matchMedia('(pointer: fine) and (min-width: 45rem)').matches;
    const place = canType ? '.composer textarea' : '.conversation-name h2';
    pane.current?.querySelector<HTMLElement>(place)?.focus();
  }, [conversation, info !== undefined, detailsOpen]);

  if (info === undefined) return <ConversationMissing isMissing={state === 'missing'} />;
  // Of a group too large to be read whole, nobody can say that all have read.
  const readerIds =
    members.length < info.memberCount
      ? []
      : members.map(({ userId }) => userId).filter((userId) => userId !== me.userId);
  return (
    <section class="conversation" aria-label="Conversation" ref={pane}>
      <ConversationHeader info={info} detailsOpen={detailsOpen} />
      <MessagePanel conversation={conversation} info={info} readerIds={readerIds} list={list} />
      <Composer conversation={conversation} onSend={() => list.current?.toEnd()} />
    </section>
  );
}

/** A deep link may lead to what is not in the inbox: it is asked for once the inbox is there. */
function useExistence(
  conversation: Conversation,
  isKnown: boolean,
  inboxLoaded: boolean,
): 'unknown' | 'missing' {
  const [state, setState] = useState<'unknown' | 'missing'>('unknown');
  const { fail } = useChat();
  useEffect(() => {
    if (isKnown || !inboxLoaded) return;
    let isCurrent = true;
    conversation.refresh().catch((error: unknown) => {
      if (!isCurrent) return;
      setState('missing');
      if (codeOf(error) !== 'NOT_FOUND') fail('open this conversation', error);
    });
    return () => {
      isCurrent = false;
    };
  }, [conversation, isKnown, inboxLoaded]);
  return state;
}
