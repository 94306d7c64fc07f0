import type { Conversation } from '@parley/client';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { useChat } from '../sdk/chat-context.ts';

export function LeaveGroup({ conversation, title }: { conversation: Conversation; title: string }) {
  const { fail } = useChat();
  const [asking, setAsking] = useState(false);
  const leave = async () => {
    try {
      // The layout hears of it as of any removal, and goes back to the inbox.
      await conversation.leave();
    } catch (error) {
      fail('leave the group', error);
    }
  };
  return (
    <section class="details-section">
      <button type="button" class="button danger wide" onClick={() => setAsking(true)}>
        Leave group
      </button>
      {asking && (
        <ConfirmDialog
          title={`Leave ${title}?`}
          text="You stop receiving its messages. An admin can add you again."
          action="Leave"
          onConfirm={leave}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
