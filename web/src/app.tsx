import type { SignedIn } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { forgetUser } from './session/forget-user.ts';
import { SignInView } from './session/sign-in-view.tsx';
import {
  forgetSession,
  onOtherTab,
  readEndedSession,
  readSession,
  storeSession,
} from './session/stored-session.ts';
import { ChatApp } from './shell/chat-app.tsx';
import { sessionEnded } from './text/error-words.ts';

/** Either the sign-in view, or the chat of whoever is signed in. */
export function App() {
  const [session, setSession] = useState(readSession);
  const [notice, setNotice] = useState<string>();

  const signIn = (signedIn: SignedIn) => {
    setNotice(undefined);
    setSession(storeSession(signedIn));
  };
  const signedOut = useCallback((why?: string) => {
    setNotice(why);
    // Another tab may have signed in again already.
    setSession(readSession());
  }, []);

  useEffect(() => {
    const ended = readEndedSession();
    if (ended === undefined) return;
    forgetSession(ended.id);
    forgetUser(ended);
    setNotice(sessionEnded);
  }, []);
  // Who is signed out here is signed in by another tab; the other way round, ChatApp tells.
  useEffect(() => onOtherTab(() => setSession((ours) => ours ?? readSession())), []);

  return session === undefined ? (
    <SignInView notice={notice} onSignedIn={signIn} />
  ) : (
    <ChatApp key={session.id} session={session} onSignedOut={signedOut} />
  );
}
