import type { PublicProfile } from '@parley/client';
import { useState } from 'preact/hooks';
import { Avatar } from '../elements/avatar.tsx';
import { Field } from '../elements/field.tsx';
import { IconButton } from '../elements/icon-button.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { findPerson } from './find-person.ts';

type Props = { people: PublicProfile[]; onChange(people: PublicProfile[]): void };

/** Gathers people by username, before a group is made or added to. */
export function PeoplePicker({ people, onChange }: Props) {
  const { client, me } = useChat();
  const [username, setUsername] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const add = async (event: Event) => {
    event.preventDefault();
    if (busy || username.trim() === '') return;
    setBusy(true);
    const found = await findPerson(client, me, username);
    setBusy(false);
    if ('problem' in found) return setProblem(found.problem);
    setUsername('');
    if (!people.some(({ userId }) => userId === found.person.userId)) onChange([...people, found.person]);
  };
  return (
    <div class="people-picker">
      <form class="field-row" onSubmit={add}>
        <Field
          label="Add people"
          hint="By username, one after the other"
          error={problem}
          value={username}
          onValue={(value) => {
            setUsername(value);
            setProblem(undefined);
          }}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxLength={33}
        />
        <button type="submit" class="button" aria-disabled={busy}>
          Add
        </button>
      </form>
      {people.length > 0 && (
        <ul class="picked" aria-label="Chosen people">
          {people.map((person) => (
            <li key={person.userId}>
              <Avatar id={person.userId} name={person.displayName} size="small" />
              <span>{person.displayName}</span>
              <IconButton
                icon="close"
                label={`Leave out ${person.displayName}`}
                onClick={() => onChange(people.filter((other) => other !== person))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
