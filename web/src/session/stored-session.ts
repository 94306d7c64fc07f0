import type { Session, SignedIn } from '@parley/client';

const KEY = 'parley.session';

/** With what tells two sessions of one user apart, whatever their tokens are by now. */
export type StoredSession = SignedIn & { id: string };

/** Who is signed in in this browser. Undefined where nobody is, or the token has ended. */
export function readSession(): StoredSession | undefined {
  const session = parse(localStorage.getItem(KEY));
  return session !== undefined && Date.parse(session.expiresAt) > Date.now() ? session : undefined;
}

/** Who was signed in when the token ended. */
export function readEndedSession(): StoredSession | undefined {
  return readSession() === undefined ? parse(localStorage.getItem(KEY)) : undefined;
}

export function storeSession(signedIn: SignedIn): StoredSession {
  const session = { ...signedIn, id: `${Date.now()}.${Math.random()}` };
  write(session);
  return session;
}

/** Keeps a renewed token, unless the session has ended, or another one begun, meanwhile. */
export function renewSession(id: string, { token, expiresAt }: Session): void {
  const stored = readSession();
  if (stored?.id === id) write({ ...stored, token, expiresAt });
}

/** Unless another one has begun meanwhile, in another tab. */
export function forgetSession(id: string): void {
  const stored = parse(localStorage.getItem(KEY));
  if (stored === undefined || stored.id === id) localStorage.removeItem(KEY);
}

/** Calls whenever another tab has signed in or out, or renewed the token. */
export function onOtherTab(listener: () => void): () => void {
  const changed = ({ key }: StorageEvent) => {
    if (key === KEY || key === null) listener();
  };
  addEventListener('storage', changed);
  return () => removeEventListener('storage', changed);
}

function write(session: StoredSession): void {
  localStorage.setItem(KEY, JSON.stringify(session));
}

function parse(text: string | null): StoredSession | undefined {
  if (text === null) return undefined;
  try {
    // Written by `write`; what an older version wrote differently fails the check below.
    const { id, user, token, expiresAt } = JSON.parse(text) as Partial<StoredSession>;
    if (user === undefined || token === undefined || expiresAt === undefined) return undefined;
    return { id: id ?? '', user, token, expiresAt };
  } catch {
    return undefined;
  }
}
