import type { PublicProfile } from '@parley/client';
import { useState } from 'preact/hooks';
import { Field } from '../elements/field.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { findPerson } from './find-person.ts';

export type PersonSearch = {
  username: string;
  problem: string | undefined;
  busy: boolean;
  type(username: string): void;
  /** Looks the typed name up and hands the person on; whatever goes wrong in either is told under the field. */
  lookUp(take: (person: PublicProfile) => void | Promise<void>): Promise<void>;
};

/** The state of a {@link UsernameField}. */
export function usePersonSearch(): PersonSearch {
  const { client, me } = useChat();
  const [username, setUsername] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const type = (value: string) => {
    setUsername(value);
    setProblem(undefined);
  };
  const lookUp = async (take: (person: PublicProfile) => void | Promise<void>) => {
    if (busy || username.trim() === '') return;
    setBusy(true);
    const found = await findPerson(client, me, username);
    if ('problem' in found) {
      setProblem(found.problem);
    } else {
      try {
        await take(found.person);
      } catch (error) {
        setProblem(found.explain(error));
      }
    }
    setBusy(false);
  };
  return { username, problem, busy, type, lookUp };
}

type Props = { search: PersonSearch; label: string; hint: string; autofocus?: boolean; required?: boolean };

/** Where a person is named by username, which has to be known: there is no list of users to choose from. */
export function UsernameField({ search, ...field }: Props) {
  return (
    <Field
      {...field}
      error={search.problem}
      value={search.username}
      onValue={search.type}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
      maxLength={33}
    />
  );
}
