import type { Conversation } from '@parley/client';
import { useState } from 'preact/hooks';
import { Field } from '../elements/field.tsx';
import { useChat } from '../sdk/chat-context.ts';

export function RenameGroup({ conversation, title }: { conversation: Conversation; title: string }) {
  const { fail } = useChat();
  const [draft, setDraft] = useState<string>();
  const [busy, setBusy] = useState(false);

  const save = async (event: Event) => {
    event.preventDefault();
    const wanted = draft?.trim() ?? '';
    if (busy || wanted === '') return;
    setBusy(true);
    try {
      if (wanted !== title) await conversation.rename(wanted);
      setDraft(undefined);
    } catch (error) {
      fail('rename the group', error);
    }
    setBusy(false);
  };
  if (draft === undefined) {
    return (
      <>
        <h3>{title}</h3>
        <button type="button" class="link" onClick={() => setDraft(title)}>
          Rename
        </button>
      </>
    );
  }
  return (
    <form class="rename" onSubmit={save}>
      <Field
        label="Name of the group"
        value={draft}
        onValue={setDraft}
        required
        maxLength={100}
        autofocus
        autocomplete="off"
      />
      <div class="dialog-actions">
        <button type="button" class="button small" onClick={() => setDraft(undefined)}>
          Cancel
        </button>
        <button type="submit" class="button small primary" aria-disabled={busy}>
          Save
        </button>
      </div>
    </form>
  );
}
