import type { Conversation, Member } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useChat } from '../sdk/chat-context.ts';

export type LoadedMembers = { members: Member[] | undefined; error: unknown; reload(): void };

/** The first 200 members, read again when their number changes; their names are learnt on the way. */
export function useMembers(conversation: Conversation): LoadedMembers {
  const { people } = useChat();
  const [members, setMembers] = useState<Member[]>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const { memberCount, role } = conversation.info ?? {};

  useEffect(() => {
    if (memberCount === undefined) return;
    let isCurrent = true;
    conversation.members().then(
      (read) => {
        if (!isCurrent) return;
        people.learn(read);
        setMembers(read);
        setError(undefined);
      },
      (failure: unknown) => isCurrent && setError(failure),
    );
    return () => {
      isCurrent = false;
    };
  }, [conversation, people, memberCount, role, round]);
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return { members, error, reload };
}
