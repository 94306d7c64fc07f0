import type { Message } from '@parley/client';
import { Avatar, tintOf } from '../elements/avatar.tsx';
import { usePeople } from '../sdk/use-people.ts';
import { fullTime, timeOfDay } from '../text/time.ts';
import { Bubble } from './bubble.tsx';
import { DeliveryMark } from './delivery-mark.tsx';
import type { Place } from './rows.ts';

type Props = { message: Message; place: Place; isMine: boolean; inGroup: boolean; isRead: boolean };

export function StoredBubble({ message, place, isMine, inGroup, isRead }: Props) {
  const people = usePeople();
  const time = Date.parse(message.createdAt);
  const name = isMine ? 'You' : people.name(message.senderId);
  const showsSender = inGroup && !isMine;
  return (
    <Bubble
      text={message.content}
      isMine={isMine}
      place={place}
      isPictured={showsSender}
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
      meta={
        <>
          <time dateTime={message.createdAt} title={fullTime(time)}>
            {timeOfDay(time)}
          </time>
          {isMine && <DeliveryMark state={isRead ? 'read' : 'sent'} />}
        </>
      }
    />
  );
}
