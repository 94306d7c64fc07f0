import type { ConversationInfo } from '@parley/client';
import { Avatar } from '../elements/avatar.tsx';
import { Icon } from '../elements/icon.tsx';
import { handleOf, pictureIdOf, titleOf } from '../inbox/conversation-title.ts';
import { hashOf } from '../shell/route.ts';

type Props = { info: ConversationInfo; detailsOpen: boolean };

export function ConversationHeader({ info, detailsOpen }: Props) {
  const title = titleOf(info);
  const { conversationId } = info;
  return (
    <header class="pane-header conversation-header">
      <a class="icon-button back" href="#/" aria-label="Back to your chats" title="Back to your chats">
        <Icon name="back" />
      </a>
      <Avatar id={pictureIdOf(info)} name={title} />
      <div class="conversation-name">
        <h2 tabIndex={-1}>{title}</h2>
        <p>
          {info.type === 'DM'
            ? handleOf(info)
            : `${info.memberCount} ${info.memberCount === 1 ? 'member' : 'members'}`}
        </p>
      </div>
      <a
        class="icon-button"
        href={hashOf({ conversationId, details: !detailsOpen })}
        aria-label={detailsOpen ? 'Close details' : 'Details'}
        title={detailsOpen ? 'Close details' : 'Details'}
      >
        <Icon name="info" />
      </a>
    </header>
  );
}
