import type { ConversationInfo } from '@parley/client';
import { titleOf } from '../inbox/conversation-title.ts';
import { reasonInWords } from '../text/error-words.ts';

export type StartState = { hasOlder: boolean; error: unknown; onRetry(): void };

/** The top of the list: older messages to come, why they do not, or that there are none. */
export function StartOfConversation({
  info,
  hasOlder,
  error,
  onRetry,
}: StartState & { info: ConversationInfo }) {
  if (error !== undefined) {
    return (
      <p class="start-line" role="alert">
        Older messages could not be loaded: {reasonInWords(error)}{' '}
        <button type="button" class="link" onClick={onRetry}>
          Try again
        </button>
      </p>
    );
  }
  if (hasOlder) return <p class="start-line">Loading older messages…</p>;
  if (info.lastSeq === 0) return <p class="start-line">No messages yet. Say hello to {titleOf(info)}.</p>;
  return <p class="start-line">This is where the conversation begins.</p>;
}
