import type { Conversation } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';

/**
 * After which message the line "new messages" stands: where one had read up to when the conversation was opened, or
 * when a message came while nobody was looking. One's own message takes the line away.
 */
export function useNewLine(conversation: Conversation, myId: string): number | undefined {
  const [newAfter, setNewAfter] = useState(() => {
    const info = conversation.info;
    return info !== undefined && info.unreadCount > 0 ? info.lastReadSeq : undefined;
  });
  useEffect(() => {
    let isAway = false;
    return conversation.on('message', ({ seq, senderId }) => {
      if (senderId === myId) {
        setNewAfter(undefined);
      } else if (document.hasFocus() && document.visibilityState === 'visible') {
        isAway = false;
      } else if (!isAway) {
        isAway = true;
        setNewAfter(seq - 1);
      }
    });
  }, [conversation, myId]);
  return newAfter;
}
