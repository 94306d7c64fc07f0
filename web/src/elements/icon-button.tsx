import type { ButtonHTMLAttributes, RefObject } from 'preact';
import { Icon, type IconName } from './icon.tsx';

type Props = ButtonHTMLAttributes<HTMLButtonElement> & {
  icon: IconName;
  /** Read out, and shown as a tooltip. */
  label: string;
  buttonRef?: RefObject<HTMLButtonElement>;
};

export function IconButton({ icon, label, buttonRef, class: extra, ...button }: Props) {
  return (
    <button
      type="button"
      {...button}
      {...(buttonRef && { ref: buttonRef })}
      class={`icon-button${extra ? ` ${extra}` : ''}`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} />
    </button>
  );
}
