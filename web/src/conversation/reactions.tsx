import { useChat } from '../sdk/chat-context.ts';
import { usePeople } from '../sdk/use-people.ts';

type Props = {
  conversationId: string;
  /** Of each emoji, who reacted with it. */
  reactions: Record<string, string[]>;
  onToggle(emoji: string): void;
  isReachable: boolean;
  /** The last one of a kind is taken back with a click, and is gone then: the focus must go elsewhere. */
  onGone(): void;
};

/** So many names fit into a tooltip. */
const NAMED = 10;

/** What was answered to a message with emoji: one's own are marked, and taken back or joined with a click. */
export function Reactions({ conversationId, reactions, onToggle, isReachable, onGone }: Props) {
  const { me } = useChat();
  const people = usePeople();
  return (
    <ul class="reactions" aria-label="Reactions">
      {Object.entries(reactions).map(([emoji, userIds]) => {
        const isMine = userIds.includes(me.userId);
        const names = namesOf(userIds, me.userId, (userId) => people.name(userId, conversationId));
        return (
          <li key={emoji}>
            <button
              type="button"
              class="reaction"
              aria-pressed={isMine}
              aria-label={`${emoji} ${userIds.length}: ${names}`}
              title={names}
              tabIndex={isReachable ? 0 : -1}
              onClick={() => {
                if (isMine && userIds.length === 1) onGone();
                onToggle(emoji);
              }}
            >
              <span class="reaction-emoji">{emoji}</span>
              {userIds.length}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** "You, Bob and Carol". Only those who are named are looked up. */
function namesOf(userIds: readonly string[], myId: string, nameOf: (userId: string) => string): string {
  const others = userIds.filter((userId) => userId !== myId);
  const named = others.slice(0, NAMED).map(nameOf);
  const words = [...(others.length < userIds.length ? ['You'] : []), ...named];
  if (others.length > NAMED) words.push(`${others.length - NAMED} more`);
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
