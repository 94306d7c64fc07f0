import type { Conversation } from '@parley/client';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { ChooseReaction } from './choose-reaction.tsx';
import { type MessageActions, reactionsOf } from './message-actions.ts';
import type { MessageQuestion } from './use-message-actions.ts';

type Props = {
  conversation: Conversation;
  question: MessageQuestion | undefined;
  actions: MessageActions;
  onAnswered(): void;
};

/** Beside the list and not in its rows, which come and go with scrolling. */
export function MessageDialogs({ conversation, question, actions, onAnswered }: Props) {
  const { me, fail } = useChat();
  if (question === undefined) return null;
  const { about, message } = question;
  if (about === 'reacting') {
    return (
      <ChooseReaction
        chosen={reactionsOf(message, me.userId)}
        onChoose={(emoji) => actions.toggleReaction(message, emoji)}
        onClose={onAnswered}
      />
    );
  }
  const remove = async () => {
    try {
      await conversation.delete(message.seq);
    } catch (error) {
      fail('delete the message', error);
    }
  };
  return (
    <ConfirmDialog
      title="Delete this message?"
      text="It is deleted for everyone, and cannot be brought back."
      action="Delete"
      onConfirm={remove}
      onClose={onAnswered}
    />
  );
}
