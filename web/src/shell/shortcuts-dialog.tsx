import { Dialog } from '../elements/dialog.tsx';

const shortcuts: [string[], string][] = [
  [['Alt', '↑'], 'Previous conversation'],
  [['Alt', '↓'], 'Next conversation'],
  [['Alt', 'K'], 'Find a conversation'],
  [['Alt', 'N'], 'New message'],
  [['Alt', 'G'], 'New group'],
  [['Alt', 'I'], 'Details of the conversation'],
  [['↑', '↓'], 'Move in a list'],
  [['↑'], 'Edit your last message, while nothing is written'],
  [['Enter'], 'Send, or save'],
  [['Shift', 'Enter'], 'New line'],
  [['Esc'], 'Back, or close'],
  [['?'], 'This list'],
];

export function ShortcutsDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {shortcuts.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>{meaning}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
