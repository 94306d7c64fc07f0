import type { ConversationInfo, PublicProfile } from '@parley/client';
import { Avatar } from '../elements/avatar.tsx';
import { Icon } from '../elements/icon.tsx';
import { peerOf, pictureIdOf, titleOf } from '../inbox/conversation-title.ts';
import { useChat } from '../sdk/chat-context.ts';
import { usePresence } from '../sdk/use-presence.ts';
import { hashOf } from '../shell/route.ts';
import { useNow } from '../shell/use-now.ts';
import { lastSeen } from '../text/time.ts';

type Props = { info: ConversationInfo; detailsOpen: boolean };

export function ConversationHeader({ info, detailsOpen }: Props) {
  const title = titleOf(info);
  const { conversationId } = info;
  const peer = peerOf(info);
  const { presence } = useChat().client;
  usePresence(peer === undefined ? [] : [peer.userId]);
  const isOnline = peer !== undefined && presence.of(peer.userId)?.status === 'online';
  return (
    <header class="pane-header conversation-header">
      <a class="icon-button back" href="#/" aria-label="Back to your chats" title="Back to your chats">
        <Icon name="back" />
      </a>
      <Avatar id={pictureIdOf(info)} name={title} isOnline={isOnline} />
      <div class="conversation-name">
        <h2 tabIndex={-1}>{title}</h2>
        {info.type === 'GROUP' && (
          <p>
            {info.memberCount} {info.memberCount === 1 ? 'member' : 'members'}
          </p>
        )}
        {peer !== undefined && <PeerLine peer={peer} />}
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

/** Whether the other one is there, and when they last were; until that is known, and where it never is, their username. */
function PeerLine({ peer }: { peer: PublicProfile }) {
  const { presence } = useChat().client;
  const now = useNow();
  const { status, lastSeenAt = null } = presence.of(peer.userId) ?? {};
  if (status === 'online') return <p>online</p>;
  return <p>{lastSeenAt === null ? `@${peer.username}` : lastSeen(Date.parse(lastSeenAt), now)}</p>;
}
