import type { Conversation, Message } from '@parley/client';
import { useMemo, useState } from 'preact/hooks';
import { useChat } from '../sdk/chat-context.ts';
import { type MessageActions, reactionsOf } from './message-actions.ts';

/** What is asked about a message before something happens to it: see message-dialogs.tsx. */
export type MessageQuestion = { about: 'deleting' | 'reacting'; message: Message };

type Options = {
  conversation: Conversation;
  onEdit(message: Message): void;
  /** Gives the focus to the list of messages. */
  focusList(): void;
};

export function useMessageActions({ conversation, onEdit, focusList }: Options) {
  const { me, fail } = useChat();
  const [question, setQuestion] = useState<MessageQuestion>();
  const actions = useMemo(
    (): MessageActions => ({
      async toggleReaction(message, emoji) {
        try {
          if (reactionsOf(message, me.userId).includes(emoji)) await conversation.unreact(message.seq, emoji);
          else await conversation.react(message.seq, emoji);
        } catch (error) {
          fail('react to the message', error);
        }
      },
      chooseReaction: (message) => setQuestion({ about: 'reacting', message }),
      edit: onEdit,
      askToDelete(message) {
        // A deleted message has no button that the dialog could give the focus back to.
        focusList();
        setQuestion({ about: 'deleting', message });
      },
    }),
    [conversation, me, onEdit],
  );
  return { actions, question, onAnswered: () => setQuestion(undefined) };
}
