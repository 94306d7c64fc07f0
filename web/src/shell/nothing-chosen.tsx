import { Logo } from '../elements/logo.tsx';
import type { DialogName } from './chat-layout.tsx';

/** Beside the inbox while no conversation is open; not shown where there is room for one pane only. */
export function NothingChosen({ onDialog }: { onDialog(name: DialogName): void }) {
  return (
    <section class="nothing-chosen empty" aria-label="No conversation">
      <Logo />
      <h2>Choose a conversation</h2>
      <p>Or start one: with one person, or with a group.</p>
      <div class="empty-actions">
        <button type="button" class="button" onClick={() => onDialog('direct')}>
          New message
        </button>
        <button type="button" class="button" onClick={() => onDialog('group')}>
          New group
        </button>
      </div>
      <p class="hint">
        <button type="button" class="link" onClick={() => onDialog('shortcuts')}>
          Keyboard shortcuts
        </button>{' '}
        <kbd>?</kbd>
      </p>
    </section>
  );
}
