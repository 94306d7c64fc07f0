import type { Conversation, ConversationInfo } from '@parley/client';
import { isMuted } from '../inbox/conversation-title.ts';
import { useChat } from '../sdk/chat-context.ts';
import { fullTime } from '../text/time.ts';

const HOUR = 3_600_000;
/** Until it is turned off: a year that no chat outlives. */
const ALWAYS = '9999-12-31T23:59:59.000Z';
const choices = [
  { words: 'For 1 hour', until: () => new Date(Date.now() + HOUR).toISOString() },
  { words: 'For 8 hours', until: () => new Date(Date.now() + 8 * HOUR).toISOString() },
  { words: 'Until I turn it off', until: () => ALWAYS },
];

type Props = { conversation: Conversation; info: ConversationInfo };

export function NotificationSettings({ conversation, info }: Props) {
  const { fail } = useChat();
  const change = async (settings: { pinned?: boolean; mutedUntil?: string | null }) => {
    try {
      await conversation.updateSettings(settings);
    } catch (error) {
      fail('change this setting', error);
    }
  };
  const muted = isMuted(info, Date.now());
  return (
    <section class="details-section">
      <label class="setting">
        <span>Pinned</span>
        <input
          type="checkbox"
          role="switch"
          aria-checked={info.pinned}
          checked={info.pinned}
          onChange={(event) => change({ pinned: event.currentTarget.checked })}
        />
      </label>
      <label class="setting">
        <span>
          Muted
          {muted && <small>{mutedWords(info.mutedUntil)}</small>}
        </span>
        <select
          value={muted ? 'now' : ''}
          onChange={(event) => {
            const choice = choices.find(({ words }) => words === event.currentTarget.value);
            void change({ mutedUntil: choice === undefined ? null : choice.until() });
          }}
        >
          <option value="">No</option>
          {muted && (
            <option value="now" disabled>
              Yes
            </option>
          )}
          {choices.map(({ words }) => (
            <option key={words} value={words}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </section>
  );
}

function mutedWords(until: string | null): string {
  return until === null || until === ALWAYS
    ? 'Until you turn it off'
    : `Until ${fullTime(Date.parse(until))}`;
}
