import type { Conversation } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../sdk/chat-context.ts';
import { ComposerForm } from './composer-form.tsx';
import { keepDraft, readDraft } from './drafts.ts';

type Props = {
  conversation: Conversation;
  onSend(): void;
  /** Up in an empty composer. */
  onEditLast(): void;
  /** Takes the focus when it appears. */
  isFocused: boolean;
};

/** Where new messages are written; what is not sent stays a draft. */
export function Composer({ conversation, onSend, onEditLast, isFocused }: Props) {
  const { me, fail } = useChat();
  const [text, setText] = useState(() => readDraft(me.userId, conversation.id));
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (isFocused) input.current?.focus();
    return () => conversation.setTyping(false);
  }, [conversation]);

  const write = (value: string) => {
    setText(value);
    keepDraft(me.userId, conversation.id, value);
  };
  const send = (ready: string) => {
    try {
      conversation.send(ready);
      write('');
      onSend();
    } catch (error) {
      fail('send this message', error);
    }
  };
  return (
    <ComposerForm
      label="Message"
      text={text}
      onText={(value) => {
        write(value);
        conversation.setTyping(value.trim() !== '');
      }}
      action="Send"
      icon="send"
      onSubmit={send}
      onKeyDown={(event) => {
        const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
        if (key !== 'ArrowUp' || text !== '' || altKey || ctrlKey || metaKey || shiftKey) return;
        event.preventDefault();
        onEditLast();
      }}
      onBlur={() => conversation.setTyping(false)}
      input={input}
    />
  );
}
