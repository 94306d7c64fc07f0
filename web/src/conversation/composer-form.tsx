import type { ComponentChildren, RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import type { IconName } from '../elements/icon.tsx';
import { IconButton } from '../elements/icon-button.tsx';
import { lengthProblem, sendable } from './sendable-text.ts';

type Props = {
  label: string;
  text: string;
  onText(text: string): void;
  /** What the button says, and does with a text that can be sent. */
  action: string;
  icon: IconName;
  onSubmit(ready: string): void;
  onKeyDown?: (event: KeyboardEvent) => void;
  onBlur?: () => void;
  busy?: boolean;
  input: RefObject<HTMLTextAreaElement | null>;
  /** Above the text. */
  children?: ComponentChildren;
};

/** Where one writes: as high as its text, sent with Enter, and told when it is too long. */
export function ComposerForm({
  label,
  text,
  onText,
  action,
  icon,
  onSubmit,
  onKeyDown,
  onBlur,
  busy = false,
  input,
  children,
}: Props) {
  const ready = sendable(text);
  const problem = lengthProblem(ready);
  const isReady = ready !== '' && problem?.isTooLong !== true && !busy;

  // Up to the limit in composer.css.
  useLayoutEffect(() => {
    const area = input.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const submit = () => {
    if (isReady) onSubmit(ready);
    input.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    // While a syllable is being composed, Enter chooses a candidate.
    if (event.isComposing) return;
    onKeyDown?.(event);
    if (event.defaultPrevented || event.key !== 'Enter' || event.shiftKey) return;
    // On a touch keyboard there is no Shift-Enter: Enter makes the new line, the button sends.
    if (matchMedia('(pointer: coarse)').matches && !event.ctrlKey) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {children}
      <div class="composer-box">
        <textarea
          ref={input}
          rows={1}
          aria-label={label}
          placeholder={label}
          dir="auto"
          value={text}
          readOnly={busy}
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={pressed}
          {...(onBlur && { onBlur })}
          {...(problem && { 'aria-describedby': 'composer-problem' })}
        />
        <IconButton icon={icon} label={action} type="submit" class="send" aria-disabled={!isReady} />
      </div>
      {problem !== undefined && (
        <p
          id="composer-problem"
          class={problem.isTooLong ? 'composer-note error' : 'composer-note'}
          role="status"
        >
          {problem.words}
        </p>
      )}
    </form>
  );
}
