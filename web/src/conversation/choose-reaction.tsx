import { useRef, useState } from 'preact/hooks';
import { Dialog } from '../elements/dialog.tsx';
import { Field } from '../elements/field.tsx';
import { moveFocusInRows } from '../elements/roving-focus.ts';
import { EMOJI_A_ROW, isEmoji, moreEmoji } from './emoji.ts';

type Props = { chosen: readonly string[]; onChoose(emoji: string): void; onClose(): void };

/** Common emoji to choose from, and a field for whatever else the keyboard has. */
export function ChooseReaction({ chosen, onChoose, onClose }: Props) {
  const [typed, setTyped] = useState('');
  const [isRefused, setRefused] = useState(false);
  const grid = useRef<HTMLDivElement>(null);
  const choose = (emoji: string) => {
    onClose();
    onChoose(emoji);
  };
  const rows = () => {
    const all = [...(grid.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    return Array.from({ length: Math.ceil(all.length / EMOJI_A_ROW) }, (_, row) =>
      all.slice(row * EMOJI_A_ROW, (row + 1) * EMOJI_A_ROW),
    );
  };
  return (
    <Dialog title="React" onClose={onClose}>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a border and say no more */}
      <div
        class="emoji-grid"
        ref={grid}
        role="group"
        aria-label="Emoji"
        onKeyDown={(event) => moveFocusInRows(event, rows(), { wrap: false })}
      >
        {moreEmoji.map((emoji, index) => (
          <button
            key={emoji}
            type="button"
            // Tab reaches the first; arrows move among them.
            tabIndex={index === 0 ? 0 : -1}
            autofocus={index === 0}
            aria-pressed={chosen.includes(emoji)}
            onClick={() => choose(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
      <form
        class="field-row"
        onSubmit={(event) => {
          event.preventDefault();
          const emoji = typed.trim();
          if (isEmoji(emoji)) choose(emoji);
          else setRefused(true);
        }}
      >
        <Field
          label="Another one"
          hint="From your keyboard"
          error={isRefused ? 'That is not one emoji.' : undefined}
          value={typed}
          onValue={(value) => {
            setTyped(value);
            setRefused(false);
          }}
          autocomplete="off"
          maxLength={32}
        />
        <button type="submit" class="button">
          React
        </button>
      </form>
    </Dialog>
  );
}
