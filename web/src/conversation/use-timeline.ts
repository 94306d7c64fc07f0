import type { Conversation, Timeline } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useEmitter } from '../sdk/use-emitter.ts';

const PAGE = 100;
/** Unread messages are loaded up to where one has read, but no more than this many at once. */
const MOST_AT_FIRST = 300;

export type LoadedTimeline = {
  timeline: Timeline | undefined;
  /** `first` until there is something to show; `older` while more is being loaded above it. */
  loading: 'first' | 'older' | undefined;
  error: unknown;
  loadOlder(): void;
};

/** The messages of a conversation, loaded far enough to show what is unread. */
export function useTimeline(conversation: Conversation): LoadedTimeline {
  const [timeline, setTimeline] = useState<Timeline>();
  const [loading, setLoading] = useState<LoadedTimeline['loading']>('first');
  const [error, setError] = useState<unknown>();
  useEmitter(timeline, 'change');

  useEffect(() => {
    const opened = conversation.timeline();
    setTimeline(opened);
    return () => opened.close();
  }, [conversation]);

  const load = useCallback(
    async (from: Timeline, kind: 'first' | 'older') => {
      setLoading(kind);
      setError(undefined);
      try {
        if (kind === 'older') await from.loadOlder(PAGE);
        else await loadUnread(from, conversation);
      } catch (failure) {
        setError(failure ?? new Error('Nothing was loaded'));
      }
      setLoading(undefined);
    },
    [conversation],
  );

  useEffect(() => {
    if (timeline !== undefined) void load(timeline, 'first');
  }, [timeline, load]);

  const loadOlder = () => {
    if (timeline === undefined || loading !== undefined) return;
    void load(timeline, timeline.messages.length === 0 ? 'first' : 'older');
  };
  return { timeline, loading, error, loadOlder };
}

async function loadUnread(timeline: Timeline, conversation: Conversation): Promise<void> {
  const readUpTo = conversation.info?.lastReadSeq ?? 0;
  const oldest = () => timeline.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  do {
    if (!timeline.hasOlder) return;
    await timeline.loadOlder(PAGE);
  } while (oldest() > readUpTo && timeline.messages.length < MOST_AT_FIRST);
}
