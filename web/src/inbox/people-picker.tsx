import type { PublicProfile } from '@parley/client';
import { Avatar } from '../elements/avatar.tsx';
import { IconButton } from '../elements/icon-button.tsx';
import { UsernameField, usePersonSearch } from './username-field.tsx';

type Props = { people: PublicProfile[]; onChange(people: PublicProfile[]): void };

/** Gathers people by username, before a group is made or added to. */
export function PeoplePicker({ people, onChange }: Props) {
  const search = usePersonSearch();

  const add = (event: Event) => {
    event.preventDefault();
    void search.lookUp((person) => {
      search.type('');
      if (!people.some(({ userId }) => userId === person.userId)) onChange([...people, person]);
    });
  };
  return (
    <div class="people-picker">
      <form class="field-row" onSubmit={add}>
        <UsernameField search={search} label="Add people" hint="By username, one after the other" />
        <button type="submit" class="button" aria-disabled={search.busy}>
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
