import type { Conversation } from '@parley/client';
import { useChat } from '../sdk/chat-context.ts';
import { useEmitter } from '../sdk/use-emitter.ts';
import { usePeople } from '../sdk/use-people.ts';
import { typingWords } from './typing-words.ts';

/**
 * Who is writing. Its room is always there, so that nothing moves; and it is read out to nobody, since what was written is, a
 * moment later.
 */
export function TypingLine({ conversation }: { conversation: Conversation }) {
  const { me } = useChat();
  const people = usePeople();
  useEmitter(conversation, 'typing');
  const writers = conversation.typing.filter((userId) => userId !== me.userId);
  return (
    <p class="typing-line">{typingWords(writers.map((userId) => people.name(userId, conversation.id)))}</p>
  );
}
