import { useState } from 'preact/hooks';
import { Dialog } from '../elements/dialog.tsx';
import { Field } from '../elements/field.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { codeOf, failureInWords } from '../text/error-words.ts';

type Props = { onErased(): void; onClose(): void };

/** The username has to be typed: an account is not deleted by a slip, nor by a password that the browser fills in. */
export function EraseAccountDialog({ onErased, onClose }: Props) {
  const { client, me } = useChat();
  const [typed, setTyped] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const isMeant = typed.trim().toLowerCase() === me.username && password !== '';

  const erase = async (event: Event) => {
    event.preventDefault();
    if (busy || !isMeant) return;
    setBusy(true);
    try {
      await client.eraseAccount(password);
      onErased();
    } catch (error) {
      setProblem(problemInWords(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Delete your account?" onClose={onClose}>
      <p>
        Your profile, your password and your memberships are erased, others see your messages as deleted ones
        without a name, and your username is nobody’s: after 90 days somebody else may take it. Nobody can
        undo this.
      </p>
      <form onSubmit={erase}>
        <Field
          label="Your username"
          hint={`Type ${me.username} to confirm`}
          value={typed}
          onValue={setTyped}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          autofocus
          required
          maxLength={32}
        />
        <Field
          label="Your password"
          error={problem}
          isPassword
          value={password}
          onValue={(value) => {
            setPassword(value);
            setProblem(undefined);
          }}
          autocomplete="current-password"
          required
          maxLength={128}
        />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button danger" aria-disabled={busy || !isMeant}>
            Delete account
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function problemInWords(error: unknown): string {
  const code = codeOf(error);
  if (code === 'UNAUTHENTICATED') return 'That is not your password.';
  if (code === 'RATE_LIMITED') return 'Too many tries. Wait some minutes, then try again.';
  return failureInWords('delete your account', error);
}
