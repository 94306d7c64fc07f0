import type { Message } from '@parley/client';
import type { Ref } from 'preact';
import { Icon } from '../elements/icon.tsx';
import { Menu, type MenuHandle, type MenuItem, type MenuRow } from '../elements/menu.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { quickEmoji } from './emoji.ts';
import { type Allowed, type MessageActions, reactionsOf } from './message-actions.ts';

type Props = {
  message: Message;
  senderName: string;
  allowed: Allowed;
  actions: MessageActions;
  /** Whether Tab reaches it: of all messages, one. */
  isReachable: boolean;
  handle: Ref<MenuHandle>;
};

/** Enough of the text to know which message it is. */
const EXCERPT = 40;

/** Reacting, editing and deleting. Found in the list of messages by its class: see row-focus.ts. */
export function MessageMenu({ message, senderName, allowed, actions, isReachable, handle }: Props) {
  const { me } = useChat();
  const mine = reactionsOf(message, me.userId);
  const row: MenuRow = {
    label: 'React',
    items: [
      ...quickEmoji.map((emoji) => ({
        label: emoji,
        content: emoji,
        isOn: mine.includes(emoji),
        onChoose: () => actions.toggleReaction(message, emoji),
      })),
      {
        label: 'Another reaction',
        content: <Icon name="plus" />,
        onChoose: () => actions.chooseReaction(message),
      },
    ],
  };
  const items: MenuItem[] = [];
  if (allowed.edit) items.push({ label: 'Edit', onChoose: () => actions.edit(message) });
  if (allowed.delete)
    items.push({ label: 'Delete…', danger: true, onChoose: () => actions.askToDelete(message) });
  return (
    <Menu
      label={`Actions: ${senderName}, “${excerptOf(message.content)}”`}
      buttonClass="icon-button message-actions"
      row={row}
      items={items}
      isReachable={isReachable}
      handle={handle}
    >
      <Icon name="more" size={18} />
    </Menu>
  );
}

function excerptOf(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > EXCERPT ? `${[...line].slice(0, EXCERPT).join('')}…` : line;
}
