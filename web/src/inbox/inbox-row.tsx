import type { ConversationInfo } from '@parley/client';
import { readDraft } from '../conversation/drafts.ts';
import { Avatar } from '../elements/avatar.tsx';
import { Icon } from '../elements/icon.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { usePeople } from '../sdk/use-people.ts';
import { hashOf } from '../shell/route.ts';
import { briefTime, fullTime } from '../text/time.ts';
import { isMuted, peerOf, pictureIdOf, titleOf } from './conversation-title.ts';

type Props = { info: ConversationInfo; now: number; isSelected: boolean; isReachable: boolean };

/** Of who is online the pane is told: see inbox-pane.tsx. */
export function InboxRow({ info, now, isSelected, isReachable }: Props) {
  const { presence } = useChat().client;
  const peer = peerOf(info);
  const isOnline = peer !== undefined && presence.of(peer.userId)?.status === 'online';
  const title = titleOf(info);
  const activity = Date.parse(info.lastActivityAt);
  const muted = isMuted(info, now);
  const unread = info.unreadCount;
  return (
    <li>
      <a
        class={unread > 0 ? 'inbox-row unread' : 'inbox-row'}
        href={hashOf({ conversationId: info.conversationId, details: false })}
        tabIndex={isReachable ? 0 : -1}
        {...(isSelected && { 'aria-current': 'page' })}
      >
        <Avatar id={pictureIdOf(info)} name={title} isOnline={isOnline} />
        <span class="inbox-row-title">
          {title}
          {isOnline && <span class="visually-hidden">, online</span>}
        </span>
        <span class="inbox-row-marks">
          {info.pinned && <Mark icon="pin" word="Pinned" />}
          {muted && <Mark icon="muted" word="Muted" />}
          <time dateTime={info.lastActivityAt} title={fullTime(activity)}>
            {briefTime(activity, now)}
          </time>
        </span>
        <Preview info={info} isSelected={isSelected} />
        {unread > 0 && (
          <span class={muted ? 'badge muted' : 'badge'}>
            {unread > 999 ? '999+' : unread}
            <span class="visually-hidden"> unread</span>
          </span>
        )}
      </a>
    </li>
  );
}

function Mark({ icon, word }: { icon: 'pin' | 'muted'; word: string }) {
  return (
    <span title={word}>
      <Icon name={icon} size={14} />
      <span class="visually-hidden">{word}</span>
    </span>
  );
}

function Preview({ info, isSelected }: { info: ConversationInfo; isSelected: boolean }) {
  const { me } = useChat();
  const people = usePeople();
  const draft = isSelected ? '' : readDraft(me.userId, info.conversationId);
  if (draft !== '') {
    return (
      <span class="inbox-row-preview">
        <span class="draft-word">Draft:</span> {draft.slice(0, 120)}
      </span>
    );
  }
  const preview = info.lastMessagePreview;
  if (preview === null) return <span class="inbox-row-preview">No messages yet</span>;
  // No message is empty but a deleted one.
  if (preview.text === '') return <span class="inbox-row-preview">Message deleted</span>;
  const isMine = preview.senderId === me.userId;
  const sender = isMine
    ? 'You: '
    : info.type === 'GROUP'
      ? `${firstName(people.name(preview.senderId, info.conversationId))}: `
      : '';
  return (
    <span class="inbox-row-preview">
      {sender}
      {preview.text}
    </span>
  );
}

/** There is room for little. */
function firstName(name: string): string {
  return name.split(' ')[0] ?? name;
}
