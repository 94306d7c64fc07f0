import type { PublicProfile } from '@parley/client';
import { useState } from 'preact/hooks';
import { Dialog } from '../elements/dialog.tsx';
import { Field } from '../elements/field.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { goTo } from '../shell/route.ts';
import { PeoplePicker } from './people-picker.tsx';

export function NewGroupDialog({ onClose }: { onClose(): void }) {
  const { client, fail } = useChat();
  const [title, setTitle] = useState('');
  const [people, setPeople] = useState<PublicProfile[]>([]);
  const [busy, setBusy] = useState(false);
  // One name for all tries, so that a lost answer never makes a second group.
  const [createId] = useState(newCreateId);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy || title.trim() === '') return;
    setBusy(true);
    try {
      const memberIds = people.map(({ userId }) => userId);
      const group = await client.createGroup({ title: title.trim(), memberIds, createId });
      goTo({ conversationId: group.id });
      onClose();
    } catch (error) {
      fail('make the group', error);
      setBusy(false);
    }
  };
  return (
    <Dialog title="New group" onClose={onClose}>
      <form id="new-group" onSubmit={submit}>
        <Field
          label="Name of the group"
          value={title}
          onValue={setTitle}
          autofocus
          required
          maxLength={100}
          autocomplete="off"
        />
      </form>
      <PeoplePicker people={people} onChange={setPeople} />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" form="new-group" class="button primary" aria-disabled={busy}>
          Create group
        </button>
      </div>
    </Dialog>
  );
}

/** `crypto.randomUUID` is only there in secure contexts, and a phone on the local network is in none. */
function newCreateId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
