import type { Inbox } from '@parley/client';
import { useChat } from './chat-context.ts';
import { useEmitter } from './use-emitter.ts';

/** The inbox, and a new rendering whenever it changes. */
export function useInbox(): Inbox {
  const { client } = useChat();
  const inbox = client.conversations();
  useEmitter(inbox, 'change');
  // An empty inbox does not change by being read to its end.
  useEmitter(client, 'caughtUp');
  return inbox;
}
