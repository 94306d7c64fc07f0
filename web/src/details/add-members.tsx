import type { Conversation, PublicProfile } from '@parley/client';
import { useState } from 'preact/hooks';
import { Dialog } from '../elements/dialog.tsx';
import { PeoplePicker } from '../inbox/people-picker.tsx';
import { useChat } from '../sdk/chat-context.ts';

export function AddMembers({ conversation, onAdded }: { conversation: Conversation; onAdded(): void }) {
  const { fail } = useChat();
  const [open, setOpen] = useState(false);
  const [people, setPeople] = useState<PublicProfile[]>([]);
  const [busy, setBusy] = useState(false);

  const add = async () => {
    if (busy || people.length === 0) return;
    setBusy(true);
    try {
      await conversation.addMembers(people.map(({ userId }) => userId));
      onAdded();
      setOpen(false);
    } catch (error) {
      fail('add to the group', error);
    }
    setBusy(false);
  };
  return (
    <>
      <button
        type="button"
        class="button wide"
        onClick={() => {
          setPeople([]);
          setOpen(true);
        }}
      >
        Add people
      </button>
      {open && (
        <Dialog title="Add people" onClose={() => setOpen(false)}>
          <PeoplePicker people={people} onChange={setPeople} />
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setOpen(false)}>
              Cancel
            </button>
            <button
              type="button"
              class="button primary"
              aria-disabled={busy || people.length === 0}
              onClick={add}
            >
              Add to the group
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
