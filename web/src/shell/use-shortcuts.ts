import type { Inbox } from '@parley/client';
import { useEffect } from 'preact/hooks';
import type { DialogName } from './chat-layout.tsx';
import { goTo, parseRoute } from './route.ts';

/** Listed in shortcuts-dialog.tsx. Each but `?` needs Alt or Escape, so that typing never triggers one. */
export function useShortcuts(inbox: Inbox, onDialog: (name: DialogName) => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
      const act = actionOf(event);
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    const actionOf = ({
      key,
      code,
      altKey,
      ctrlKey,
      metaKey,
      target,
    }: KeyboardEvent): (() => void) | undefined => {
      if (ctrlKey || metaKey) return undefined;
      // Of now: the next key may come before the last one's view is drawn.
      const { conversationId, details } = parseRoute(location.hash);
      if (key === 'Escape') {
        if (details) return () => goTo({ conversationId: conversationId ?? '' });
        return conversationId === undefined ? undefined : () => goTo({});
      }
      if (key === '?' && !isTyping(target)) return () => onDialog('shortcuts');
      if (!altKey) return undefined;
      // By place on the keyboard: with Alt, `key` is another character on some layouts.
      switch (code) {
        case 'ArrowUp':
          return () => step(-1);
        case 'ArrowDown':
          return () => step(1);
        case 'KeyN':
          return () => onDialog('direct');
        case 'KeyG':
          return () => onDialog('group');
        case 'KeyI':
          return conversationId === undefined ? undefined : () => goTo({ conversationId, details: !details });
        case 'KeyK':
          return () => document.querySelector<HTMLElement>('.inbox-search input')?.focus();
        default:
          return undefined;
      }
    };
    const step = (by: number) => {
      const { conversationId } = parseRoute(location.hash);
      const ids = inbox.items.map((item) => item.conversationId);
      const at = conversationId === undefined ? -1 : ids.indexOf(conversationId);
      const next = ids[at < 0 ? (by > 0 ? 0 : ids.length - 1) : at + by];
      if (next !== undefined) goTo({ conversationId: next });
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [inbox, onDialog]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
