import type { Conversation } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../sdk/chat-context.ts';
import { useEmitter } from '../sdk/use-emitter.ts';
import { useInbox } from '../sdk/use-inbox.ts';
import { codeOf } from '../text/error-words.ts';
import { ConversationHeader } from './conversation-header.tsx';
import { ConversationMissing } from './conversation-missing.tsx';
import { OpenConversation } from './open-conversation.tsx';

type Props = { conversation: Conversation; detailsOpen: boolean };

export function ConversationPane({ conversation, detailsOpen }: Props) {
  const inbox = useInbox();
  useEmitter(conversation, 'info');
  const pane = useRef<HTMLElement>(null);
  const info = conversation.info;
  const state = useExistence(conversation, info !== undefined, inbox.isLoaded);

  useEffect(() => {
    if (info === undefined || detailsOpen) return;
    // On a screen to be touched, the focus on an input would bring up the keyboard.
    const canType = matchMedia('(pointer: fine) and (min-width: 45rem)').matches;
    const find = (place: string) => pane.current?.querySelector<HTMLElement>(place);
    const input = canType ? find('.composer textarea') : undefined;
    (input ?? find('.conversation-name h2'))?.focus();
  }, [conversation, info !== undefined, detailsOpen]);

  if (info === undefined) return <ConversationMissing isMissing={state === 'missing'} />;
  return (
    <section class="conversation" aria-label="Conversation" ref={pane}>
      <ConversationHeader info={info} detailsOpen={detailsOpen} />
      <OpenConversation conversation={conversation} info={info} />
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
