import type { ConversationInfo, Message } from '@parley/client';
import { useRef } from 'preact/hooks';
import { Avatar, tintOf } from '../elements/avatar.tsx';
import type { MenuHandle } from '../elements/menu.tsx';
import { peerOf } from '../inbox/conversation-title.ts';
import { useChat } from '../sdk/chat-context.ts';
import type { People } from '../sdk/people.ts';
import { usePeople } from '../sdk/use-people.ts';
import { fullTime, timeOfDay } from '../text/time.ts';
import { Bubble } from './bubble.tsx';
import { DeliveryMark } from './delivery-mark.tsx';
import { allowedOn, type MessageActions } from './message-actions.ts';
import { MessageMenu } from './message-menu.tsx';
import { Reactions } from './reactions.tsx';
import type { Place } from './rows.ts';

type Props = {
  message: Message;
  place: Place;
  info: ConversationInfo;
  isRead: boolean;
  isBeingEdited: boolean;
  /** Whether Tab reaches what can be done with it. */
  isReachable: boolean;
  actions: MessageActions;
};

export function StoredBubble({ message, place, info, isRead, isBeingEdited, isReachable, actions }: Props) {
  const { me } = useChat();
  const people = usePeople();
  const menu = useRef<MenuHandle>(null);
  const isMine = message.senderId === me.userId;
  const name = isMine ? 'You' : nameOf(message, info, people);
  const showsSender = info.type === 'GROUP' && !isMine;
  const allowed = allowedOn(message, me.userId, info);
  const { reactions = {} } = message;
  return (
    <Bubble
      text={message.deleted ? undefined : message.content}
      isMine={isMine}
      place={place}
      isPictured={showsSender}
      isBeingEdited={isBeingEdited}
      sender={
        showsSender ? (
          <>
            {place.isLast && <Avatar id={message.senderId} name={name} size="small" />}
            <span class={place.isFirst ? `sender ink-${tintOf(message.senderId)}` : 'visually-hidden'}>
              {name}
            </span>
          </>
        ) : (
          <span class="visually-hidden">{name}: </span>
        )
      }
      meta={<Meta message={message} isMine={isMine} isRead={isRead} />}
      menu={
        allowed.react && (
          <MessageMenu
            message={message}
            senderName={name}
            allowed={allowed}
            actions={actions}
            isReachable={isReachable}
            handle={menu}
          />
        )
      }
      onTap={() => menu.current?.open()}
    >
      {Object.keys(reactions).length > 0 && (
        <Reactions
          conversationId={message.conversationId}
          reactions={reactions}
          onToggle={(emoji) => actions.toggleReaction(message, emoji)}
          isReachable={isReachable}
          onGone={() => menu.current?.focus()}
        />
      )}
    </Bubble>
  );
}

function Meta({ message, isMine, isRead }: { message: Message; isMine: boolean; isRead: boolean }) {
  const { createdAt, editedAt, deleted } = message;
  const time = Date.parse(createdAt);
  return (
    <>
      {editedAt !== undefined && <span title={`Edited ${fullTime(Date.parse(editedAt))}`}>(edited)</span>}
      <time dateTime={createdAt} title={fullTime(time)}>
        {timeOfDay(time)}
      </time>
      {isMine && !deleted && <DeliveryMark state={isRead ? 'read' : 'sent'} />}
    </>
  );
}

/** An erased account leaves its deleted messages; who has only left the group leaves what they wrote. */
function nameOf({ senderId, deleted }: Message, info: ConversationInfo, people: People): string {
  const isErased = info.type === 'DM' ? peerOf(info) === undefined : deleted && people.isUnknown(senderId);
  return isErased ? 'Deleted account' : people.name(senderId, info.conversationId);
}
