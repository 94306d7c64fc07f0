import { useEffect } from 'preact/hooks';
import { IconButton } from '../elements/icon-button.tsx';

export type Toast = { id: number; text: string; isError: boolean };

/** Long enough to read a sentence twice. */
const SHOWN_MS = 7000;

type Props = { toasts: Toast[]; onDone(toast: Toast): void };

export function Toasts({ toasts, onDone }: Props) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <OneToast key={toast.id} toast={toast} onDone={() => onDone(toast)} />
      ))}
    </div>
  );
}

function OneToast({ toast, onDone }: { toast: Toast; onDone(): void }) {
  useEffect(() => {
    const timer = setTimeout(onDone, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast.id]);
  return (
    <div class={toast.isError ? 'toast error' : 'toast'}>
      <p>{toast.text}</p>
      <IconButton icon="close" label="Dismiss" onClick={onDone} />
    </div>
  );
}
