import { ParleyClient, type SignedIn } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Field } from '../elements/field.tsx';
import { Logo } from '../elements/logo.tsx';
import { codeOf, reasonInWords } from '../text/error-words.ts';
import { DemoUsers } from './demo-users.tsx';
import { deviceName } from './device-name.ts';

type Props = {
  /** Why one is here again, where there is something to say. */
  notice: string | undefined;
  onSignedIn(session: SignedIn): void;
};

export function SignInView({ notice, onSignedIn }: Props) {
  const [registering, setRegistering] = useState(false);
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const first = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = registering ? 'Create an account · Parley' : 'Sign in · Parley';
    first.current?.focus();
  }, [registering]);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    const signIn = {
      url: location.origin,
      username: username.trim(),
      password,
      deviceName: deviceName(),
    };
    const name = displayName.trim();
    try {
      onSignedIn(
        registering
          ? await ParleyClient.register({ ...signIn, ...(name && { displayName: name }) })
          : await ParleyClient.login(signIn),
      );
    } catch (error) {
      setProblem(problemInWords(error, registering));
      setBusy(false);
      first.current?.focus();
    }
  };
  const turn = () => {
    setRegistering(!registering);
    setProblem(undefined);
  };
  const pick = (demo: { username: string; password: string }) => {
    setUsername(demo.username);
    setPassword(demo.password);
  };

  return (
    <main class="sign-in">
      <form class="sign-in-card" onSubmit={submit}>
        <Logo />
        <h1>{registering ? 'Create your account' : 'Sign in to Parley'}</h1>
        {notice !== undefined && problem === undefined && <p class="notice">{notice}</p>}
        {problem !== undefined && (
          <p class="notice error" role="alert">
            {problem}
          </p>
        )}
        <Field
          label="Username"
          hint={registering ? '3 to 32 of a–z, 0–9, dot, dash and underscore' : undefined}
          inputRef={first}
          value={username}
          onValue={setUsername}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          minLength={registering ? 3 : undefined}
          maxLength={32}
          pattern={registering ? '[A-Za-z0-9_.\\-]{3,32}' : undefined}
        />
        {registering && (
          <Field
            label="Name"
            hint="What others see. Left empty, your username"
            value={displayName}
            onValue={setDisplayName}
            autocomplete="name"
            maxLength={64}
          />
        )}
        <Field
          label="Password"
          hint={registering ? '8 characters or more. Several words are best' : undefined}
          isPassword
          value={password}
          onValue={setPassword}
          autocomplete={registering ? 'new-password' : 'current-password'}
          required
          minLength={registering ? 8 : undefined}
          maxLength={128}
        />
        <button type="submit" class="button primary wide" aria-disabled={busy}>
          {busy ? 'One moment…' : registering ? 'Create account' : 'Sign in'}
        </button>
        <p class="sign-in-turn">
          {registering ? 'Already have an account?' : 'New here?'}{' '}
          <button type="button" class="link" onClick={turn}>
            {registering ? 'Sign in' : 'Create an account'}
          </button>
        </p>
        {!registering && <DemoUsers onPick={pick} />}
      </form>
    </main>
  );
}

function problemInWords(error: unknown, registering: boolean): string {
  const code = codeOf(error);
  if (code === 'UNAUTHENTICATED') return 'That username and password do not match.';
  if (code === 'CONFLICT') return 'That username is taken. Choose another one.';
  if (code === 'RATE_LIMITED') return 'Too many tries. Wait some minutes, then try again.';
  if (code === 'FORBIDDEN' && registering)
    return 'New accounts cannot be made here. Ask whoever runs this Parley.';
  const reason = reasonInWords(error);
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
