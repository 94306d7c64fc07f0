import type { RefObject } from 'preact';
import { useId } from 'preact/hooks';

type Props = {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  onValue(value: string): void;
  inputRef?: RefObject<HTMLInputElement | null>;
  /** What the browser's own checks, its password store and its keyboard go by. */
  isPassword?: boolean;
  autocomplete: string;
  autocapitalize?: 'none';
  spellcheck?: boolean;
  autofocus?: boolean;
  required?: boolean;
  minLength?: number | undefined;
  maxLength: number;
  pattern?: string | undefined;
};

/** A labelled input, with room for what to type and for what is wrong with it. */
export function Field({ label, hint, error, value, onValue, inputRef, isPassword = false, ...input }: Props) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        {...(isPassword && { type: 'password' as const })}
        id={id}
        {...(inputRef && { ref: inputRef })}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...(note !== undefined && { 'aria-describedby': `${id}-note` })}
        {...(error !== undefined && { 'aria-invalid': true })}
      />
      {note !== undefined && (
        <p
          id={`${id}-note`}
          class={error === undefined ? 'field-note' : 'field-note error'}
          {...(error && { role: 'alert' })}
        >
          {note}
        </p>
      )}
    </div>
  );
}
