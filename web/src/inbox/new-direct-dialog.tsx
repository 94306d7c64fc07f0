import { Dialog } from '../elements/dialog.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { goTo } from '../shell/route.ts';
import { UsernameField, usePersonSearch } from './username-field.tsx';

/** Asks for a username and opens the conversation with that person, which may exist already. */
export function NewDirectDialog({ onClose }: { onClose(): void }) {
  const { client } = useChat();
  const search = usePersonSearch();

  const submit = (event: Event) => {
    event.preventDefault();
    void search.lookUp(async ({ userId }) => {
      const conversation = await client.createDm(userId);
      goTo({ conversationId: conversation.id });
      onClose();
    });
  };
  return (
    <Dialog title="New message" onClose={onClose}>
      <form onSubmit={submit}>
        <UsernameField search={search} label="To" hint="Their username" autofocus required />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" aria-disabled={search.busy}>
            Open chat
          </button>
        </div>
      </form>
    </Dialog>
  );
}
