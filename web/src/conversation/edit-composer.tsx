import type { Conversation } from '@parley/client';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../elements/icon.tsx';
import { IconButton } from '../elements/icon-button.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { ComposerForm } from './composer-form.tsx';
import { type Edit, keepEdit } from './drafts.ts';

type Props = {
  conversation: Conversation;
  edit: Edit;
  /** Since one began: it cannot be saved any more, only copied. */
  isDeleted: boolean;
  /** With what the server has taken, which it may still refuse. */
  onDone(taken?: Edit): void;
};

/** In place of the composer while a message is written anew. What could not be saved stays, also over a reload. */
export function EditComposer({ conversation, edit, isDeleted, onDone }: Props) {
  const { me, fail } = useChat();
  const [text, setText] = useState(edit.text);
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  // Before it can be seen: whoever goes on typing at once types here, and at the end.
  useLayoutEffect(() => {
    const area = input.current;
    area?.focus();
    area?.setSelectionRange(area.value.length, area.value.length);
  }, []);

  const write = (value: string) => {
    setText(value);
    keepEdit(me.userId, conversation.id, { ...edit, text: value });
  };
  const save = async (ready: string) => {
    if (ready === edit.original) return onDone();
    setBusy(true);
    try {
      await conversation.edit(edit.seq, ready);
      onDone({ ...edit, text: ready });
    } catch (error) {
      fail('change the message', error);
      setBusy(false);
    }
  };
  return (
    <ComposerForm
      label="Edit message"
      text={text}
      onText={write}
      action="Save"
      icon="tick"
      onSubmit={save}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onDone();
      }}
      busy={busy || isDeleted}
      input={input}
    >
      <div class="editing">
        <Icon name="compose" size={18} />
        <p role="status">
          {isDeleted ? (
            'This message was deleted meanwhile'
          ) : (
            <>
              <strong>Editing</strong> <span>{edit.original}</span>
            </>
          )}
        </p>
        <IconButton icon="close" label="Cancel editing" onClick={() => onDone()} />
      </div>
    </ComposerForm>
  );
}
