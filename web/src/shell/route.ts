import { useEffect, useState } from 'preact/hooks';

/** What the address says after `#`: the inbox, a conversation, or a conversation with its details open. */
export type Route = { conversationId?: string; details: boolean };

export function parseRoute(hash: string): Route {
  const [, conversationId, details] = /^#\/c\/([A-Za-z0-9_-]{1,64})(\/details)?$/.exec(hash) ?? [];
  return conversationId === undefined
    ? { details: false }
    : { conversationId, details: details !== undefined };
}

export function hashOf({ conversationId, details }: Route): string {
  return conversationId === undefined ? '#/' : `#/c/${conversationId}${details ? '/details' : ''}`;
}

export function goTo(route: Partial<Route>, { replace = false } = {}): void {
  const hash = hashOf({ details: false, ...route });
  if (hash === location.hash) return;
  if (replace) location.replace(hash);
  else location.hash = hash;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parseRoute(hash);
}
