import type { Inbox } from '@parley/client';
import { useEffect } from 'preact/hooks';

/** How many messages wait, in the title; that some do, in the icon. Muted conversations do not count. */
export function useUnreadBadge(inbox: Inbox): void {
  const count = inbox.unmutedUnreadMessages;
  useEffect(() => {
    document.title = count > 0 ? `(${count > 99 ? '99+' : count}) Parley` : 'Parley';
    const icon = document.querySelector<HTMLLinkElement>('#favicon');
    if (icon) icon.href = count > 0 ? '/favicon-unread.svg' : '/favicon.svg';
  }, [count]);
  useEffect(
    () => () => {
      const icon = document.querySelector<HTMLLinkElement>('#favicon');
      if (icon) icon.href = '/favicon.svg';
    },
    [],
  );
}
