import type { Conversation } from '@parley/client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../elements/icon-button.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { keepDraft, readDraft } from './drafts.ts';
import { lengthProblem, sendable } from './sendable-text.ts';

type Props = { conversation: Conversation; onSend(): void };

export function Composer({ conversation, onSend }: Props) {
  const { me, fail } = useChat();
  const [text, setText] = useState(() => readDraft(me.userId, conversation.id));
  const input = useRef<HTMLTextAreaElement>(null);
  const ready = sendable(text);
  const problem = lengthProblem(ready);

  // As high as its text, up to the limit in messages.css.
  useLayoutEffect(() => {
    const area = input.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const write = (value: string) => {
    setText(value);
    keepDraft(me.userId, conversation.id, value);
  };
  const send = () => {
    if (ready === '' || problem?.isTooLong) return;
    try {
      conversation.send(ready);
      write('');
      onSend();
    } catch (error) {
      fail('send this message', error);
    }
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While a syllable is being composed, Enter chooses a candidate.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    // On a touch keyboard there is no Shift-Enter: Enter makes the new line, the button sends.
    if (matchMedia('(pointer: coarse)').matches && !event.ctrlKey) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={input}
          rows={1}
          aria-label="Message"
          placeholder="Message"
          dir="auto"
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          {...(problem && { 'aria-describedby': 'composer-problem' })}
        />
        <IconButton
          icon="send"
          label="Send"
          type="submit"
          class="send"
          aria-disabled={ready === '' || problem?.isTooLong === true}
        />
      </div>
      {problem !== undefined && (
        <p
          id="composer-problem"
          class={problem.isTooLong ? 'composer-note error' : 'composer-note'}
          role="status"
        >
          {problem.words}
        </p>
      )}
    </form>
  );
}
