import type { Session, SignedIn } from '@parley/client';

const KEY = 'parley.session';

/** Who is signed in in this browser. Undefined where nobody is, or the token has ended. */
export function readSession(): SignedIn | undefined {
  return parse(localStorage.getItem(KEY));
}

export function storeSession(session: SignedIn): void {
  localStorage.setItem(KEY, JSON.stringify(session));
}

/** Keeps a renewed token, unless somebody else has signed in meanwhile. */
export function renewSession(userId: string, { token, expiresAt }: Session): void {
  const stored = readSession();
  if (stored?.user.userId === userId) storeSession({ ...stored, token, expiresAt });
}

export function forgetSession(): void {
  localStorage.removeItem(KEY);
}

/** Tells who is signed in now whenever another tab signs in or out. */
export function onOtherTab(listener: (session: SignedIn | undefined) => void): () => void {
  const changed = ({ key, newValue }: StorageEvent) => {
    if (key === KEY || key === null) listener(parse(newValue));
  };
  addEventListener('storage', changed);
  return () => removeEventListener('storage', changed);
}

function parse(text: string | null): SignedIn | undefined {
  if (text === null) return undefined;
  try {
    // Written by `storeSession`; what an older version wrote differently fails the check below.
    const session = JSON.parse(text) as Partial<SignedIn>;
    if (session.user === undefined || session.token === undefined || session.expiresAt === undefined)
      return undefined;
    const { user, token, expiresAt } = session;
    return Date.parse(expiresAt) > Date.now() ? { user, token, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}
