import type { SignedIn } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { SignInView } from './session/sign-in-view.tsx';
import { forgetSession, onOtherTab, readSession, storeSession } from './session/stored-session.ts';
import { ChatApp } from './shell/chat-app.tsx';

/** Either the sign-in view, or the chat of whoever is signed in. */
export function App() {
  const [session, setSession] = useState(readSession);
  const [notice, setNotice] = useState<string>();

  const signIn = (signedIn: SignedIn) => {
    storeSession(signedIn);
    setNotice(undefined);
    setSession(signedIn);
  };
  const signOut = useCallback((why?: string) => {
    forgetSession();
    setNotice(why);
    setSession(undefined);
  }, []);

  useEffect(
    () =>
      onOtherTab((theirs) =>
        setSession((ours) => (ours?.user.userId === theirs?.user.userId && ours && theirs ? ours : theirs)),
      ),
    [],
  );

  return session === undefined ? (
    <SignInView notice={notice} onSignedIn={signIn} />
  ) : (
    <ChatApp key={session.user.userId} session={session} onSignedOut={signOut} />
  );
}
