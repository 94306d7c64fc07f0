import type { Conversation } from '@parley/client';
import { useEffect, useRef } from 'preact/hooks';

/** Scrolling through many messages moves the marker once. */
const SETTLE_MS = 250;

/** @returns tells that everything up to `seq` has been on the screen; the marker moves once somebody looks at it. */
export function useReadMarker(conversation: Conversation): (seq: number) => void {
  const seen = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const move = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      if (!isWatched() || seen.current <= (conversation.info?.lastReadSeq ?? 0)) return;
      // Where it fails, the next message or the next look at the page moves it.
      conversation.markRead(seen.current).catch(() => {});
    }, SETTLE_MS);
  };
  useEffect(() => {
    const look = () => {
      if (isWatched()) move();
    };
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
      clearTimeout(timer.current);
    };
  }, [conversation]);

  return (seq) => {
    seen.current = Math.max(seen.current, seq);
    if (isWatched() && seen.current > (conversation.info?.lastReadSeq ?? 0)) move();
  };
}

function isWatched(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
