import type { OutgoingMessage } from '@parley/client';
import { useEmitter } from '../sdk/use-emitter.ts';
import { reasonInWords } from '../text/error-words.ts';
import { fullTime, timeOfDay } from '../text/time.ts';
import { Bubble } from './bubble.tsx';
import { DeliveryMark, type DeliveryState } from './delivery-mark.tsx';
import type { Place } from './rows.ts';

type Props = { outgoing: OutgoingMessage; place: Place };

export function OutgoingBubble({ outgoing, place }: Props) {
  useEmitter(outgoing, 'state');
  const { content, queuedAt, error } = outgoing;
  const state = deliveryOf(outgoing);
  return (
    <Bubble
      text={content}
      isMine
      place={place}
      isFailed={state === 'failed'}
      sender={<span class="visually-hidden">You: </span>}
      meta={
        <>
          <time dateTime={new Date(queuedAt).toISOString()} title={fullTime(queuedAt)}>
            {timeOfDay(queuedAt)}
          </time>
          <DeliveryMark state={state} />
        </>
      }
    >
      {state === 'failed' && (
        <p class="failure" role="alert">
          Not sent: {reasonInWords(error)}
          <button type="button" class="link" onClick={() => outgoing.retry()}>
            Try again
          </button>
          <button type="button" class="link" onClick={() => outgoing.discard()}>
            Discard
          </button>
        </p>
      )}
    </Bubble>
  );
}

function deliveryOf({ state }: OutgoingMessage): DeliveryState {
  if (state === 'failed') return 'failed';
  return state === 'stored' || state === 'sent' ? 'sent' : 'waiting';
}
