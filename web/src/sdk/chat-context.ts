import type { ParleyClient, Profile } from '@parley/client';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { People } from './people.ts';

/** What every part of the signed-in application works with. */
export type Chat = {
  client: ParleyClient;
  me: Profile;
  people: People;
  /** Shows a sentence for some seconds. */
  toast(text: string): void;
  /** Says what went wrong in plain words: `attempt` completes "Could not …". */
  fail(attempt: string, error: unknown): void;
};

export const ChatContext = createContext<Chat | undefined>(undefined);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error('Used outside of the signed-in application');
  return chat;
}
