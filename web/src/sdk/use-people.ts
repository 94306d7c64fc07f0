import { useLayoutEffect, useReducer } from 'preact/hooks';
import { useChat } from './chat-context.ts';
import type { People } from './people.ts';

/** Renders the component again when a name has been looked up. */
export function usePeople(): People {
  const { people } = useChat();
  const [, renderAgain] = useReducer((count: number, _: undefined) => count + 1, 0);
  useLayoutEffect(() => people.onChange(() => renderAgain(undefined)), [people]);
  return people;
}
