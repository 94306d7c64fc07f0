import type { ComponentChildren } from 'preact';
import { LinkedText } from '../text/linked-text.tsx';
import type { Place } from './rows.ts';

type Props = {
  /** Undefined where it was deleted. */
  text: string | undefined;
  isMine: boolean;
  place: Place;
  isFailed?: boolean;
  /** Whether others' messages have room for the sender's picture beside them. */
  isPictured?: boolean;
  isBeingEdited?: boolean;
  /** Time and state, in the last line of the text where there is room. */
  meta: ComponentChildren;
  /** Above the text: who wrote it. */
  sender?: ComponentChildren;
  /** Beside the bubble. */
  menu?: ComponentChildren;
  /** Under the bubble. */
  children?: ComponentChildren;
  onTap?: () => void;
};

/** The same elements for a message on its way and a stored one, so that nothing moves when it is stored. */
export function Bubble({
  text,
  isMine,
  place,
  isFailed = false,
  isPictured = false,
  isBeingEdited = false,
  meta,
  sender,
  menu,
  children,
  onTap,
}: Props) {
  const line = [
    'bubble-line',
    isMine ? 'mine' : 'theirs',
    place.isFirst && 'first',
    place.isLast && 'last',
    isFailed && 'failed',
    isPictured && 'pictured',
  ];
  const bubble = [
    'bubble',
    text === undefined && 'deleted',
    text !== undefined && onlyEmoji(text) && 'big',
    isBeingEdited && 'edited-now',
  ];
  return (
    <div class={line.filter(Boolean).join(' ')}>
      {sender}
      <div class="bubble-place">
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the menu's own button is beside it; this is for fingers */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
        <div class={bubble.filter(Boolean).join(' ')} onClick={(event) => tapped(event) && onTap?.()}>
          <span class="bubble-text" dir="auto">
            {text === undefined ? 'This message was deleted' : <LinkedText text={text} />}
          </span>
          <span class="bubble-meta">{meta}</span>
        </div>
        {menu}
      </div>
      {children}
    </div>
  );
}

/** By a finger, which cannot hover over the bubble to see its menu; and not to follow a link or to mark text. */
function tapped({ target }: MouseEvent): boolean {
  const onLink = target instanceof Element && target.closest('a') !== null;
  return matchMedia('(hover: none)').matches && !onLink && (getSelection()?.isCollapsed ?? true);
}

function onlyEmoji(text: string): boolean {
  return /^(?:\p{RGI_Emoji}){1,3}$/v.test(text);
}
