import type { ComponentChildren } from 'preact';
import { LinkedText } from '../text/linked-text.tsx';
import type { Place } from './rows.ts';

type Props = {
  text: string;
  isMine: boolean;
  place: Place;
  isFailed?: boolean;
  /** Whether others' messages have room for the sender's picture beside them. */
  isPictured?: boolean;
  /** Time and state, in the last line of the text where there is room. */
  meta: ComponentChildren;
  /** Above the text: who wrote it. */
  sender?: ComponentChildren;
  /** Under the bubble. */
  children?: ComponentChildren;
};

/** The same elements for a message on its way and a stored one, so that nothing moves when it is stored. */
export function Bubble({
  text,
  isMine,
  place,
  isFailed = false,
  isPictured = false,
  meta,
  sender,
  children,
}: Props) {
  const classes = [
    'bubble-line',
    isMine ? 'mine' : 'theirs',
    place.isFirst && 'first',
    place.isLast && 'last',
    isFailed && 'failed',
    isPictured && 'pictured',
  ];
  return (
    <div class={classes.filter(Boolean).join(' ')}>
      {sender}
      <div class={onlyEmoji(text) ? 'bubble big' : 'bubble'}>
        <span class="bubble-text" dir="auto">
          <LinkedText text={text} />
        </span>
        <span class="bubble-meta">{meta}</span>
      </div>
      {children}
    </div>
  );
}

function onlyEmoji(text: string): boolean {
  return /^(?:\p{RGI_Emoji}){1,3}$/v.test(text);
}
