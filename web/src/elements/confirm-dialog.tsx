import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

type Props = {
  title: string;
  text: string;
  /** What the button says that does it. */
  action: string;
  onConfirm(): Promise<void>;
  onClose(): void;
};

/** Asks before something that cannot be taken back. `onConfirm` reports its own failures. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    if (busy) return;
    setBusy(true);
    await onConfirm();
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button danger" aria-disabled={busy} onClick={confirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
