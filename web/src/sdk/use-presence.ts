import { useEffect } from 'preact/hooks';
import { useChat } from './chat-context.ts';
import { useEmitter } from './use-emitter.ts';

/** Keeps it known whether these are online, and renders the component again whenever that changes. */
export function usePresence(userIds: readonly string[]): void {
  const { presence } = useChat().client;
  useEmitter(presence, 'change');
  // Sorted, so that another order of the same people asks nothing of the server.
  const key = [...userIds].sort().join();
  useEffect(() => presence.watch(key === '' ? [] : key.split(',')), [presence, key]);
}
