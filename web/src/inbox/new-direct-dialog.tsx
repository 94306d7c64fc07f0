import { useState } from 'preact/hooks';
import { Dialog } from '../elements/dialog.tsx';
import { Field } from '../elements/field.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { goTo } from '../shell/route.ts';
import { findPerson } from './find-person.ts';

/** Asks for a username and opens the conversation with that person, which may exist already. */
export function NewDirectDialog({ onClose }: { onClose(): void }) {
  const { client, me } = useChat();
  const [username, setUsername] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const found = await findPerson(client, me, username);
    if ('problem' in found) {
      setProblem(found.problem);
    } else {
      try {
        const conversation = await client.createDm(found.person.userId);
        goTo({ conversationId: conversation.id });
        onClose();
        return;
      } catch (error) {
        setProblem(found.explain(error));
      }
    }
    setBusy(false);
  };
  return (
    <Dialog title="New message" onClose={onClose}>
      <form onSubmit={submit}>
        <Field
          label="To"
          hint="Their username"
          error={problem}
          value={username}
          onValue={(value) => {
            setUsername(value);
            setProblem(undefined);
          }}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          autofocus
          required
          maxLength={33}
        />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" aria-disabled={busy}>
            Open chat
          </button>
        </div>
      </form>
    </Dialog>
  );
}
