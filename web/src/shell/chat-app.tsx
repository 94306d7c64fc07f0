import { ParleyClient, ParleyError } from '@parley/client';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { type Chat, ChatContext } from '../sdk/chat-context.ts';
import { People } from '../sdk/people.ts';
import { forgetUser } from '../session/forget-user.ts';
import {
  forgetSession,
  onOtherTab,
  readSession,
  renewSession,
  type StoredSession,
} from '../session/stored-session.ts';
import { codeOf, failureInWords, sessionEnded } from '../text/error-words.ts';
import { ChatLayout } from './chat-layout.tsx';
import { type Toast, Toasts } from './toasts.tsx';

/** Each completes "Could not …". */
const changes = {
  editMessage: 'change the message',
  deleteMessage: 'delete the message',
  react: 'react to the message',
};

type Props = { session: StoredSession; onSignedOut(why?: string): void };

/** The chat of one signed-in user: makes the client, and closes it when another view takes over. */
export function ChatApp({ session, onSignedOut }: Props) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const chat = useMemo(() => newChat(session, setToasts), [session.id]);
  const { client } = chat;

  /** However the session has ended. */
  const leave = useCallback(
    (why?: string) => {
      forgetSession(session.id);
      forgetUser(session, client);
      onSignedOut(why);
    },
    [client, onSignedOut],
  );

  useEffect(() => {
    const stops = [
      client.on('session', (renewed) => renewSession(session.id, renewed)),
      client.on('state', ({ state, reason }) => {
        if (state === 'offline' && codeOf(reason) === 'UNAUTHENTICATED') leave(sessionEnded);
      }),
      client.on('changeRefused', ({ action, error }) => chat.fail(changes[action], error)),
      client.on('error', (error) => chat.fail('keep your unsent messages on this device', error)),
      onOtherTab(() => {
        if (readSession()?.id !== session.id) leave(sessionEnded);
      }),
    ];
    // What becomes of it is told by `state`, which the banner shows.
    client.connect().catch(() => {});
    return () => {
      for (const stop of stops) stop();
      void client.close();
    };
  }, [client, leave]);

  return (
    <ChatContext.Provider value={chat}>
      <ChatLayout onSignedOut={leave} />
      <Toasts toasts={toasts} onDone={(done) => setToasts((all) => all.filter((toast) => toast !== done))} />
    </ChatContext.Provider>
  );
}

function newChat(session: StoredSession, setToasts: (change: (toasts: Toast[]) => Toast[]) => void): Chat {
  const { token, expiresAt, user } = session;
  const client = new ParleyClient({
    url: location.origin,
    token,
    expiresAt,
    userId: user.userId,
    // Another tab of the session may have renewed it while this one slept.
    getToken: () => {
      const stored = readSession();
      if (stored?.id !== session.id || stored.token === token) {
        throw new ParleyError('UNAUTHENTICATED', 'The session has ended.');
      }
      return stored.token;
    },
  });
  let lastId = 0;
  const show = (text: string, isError: boolean) => {
    lastId += 1;
    const toast = { id: lastId, text, isError };
    // Said twice is said once: a failing connection would fill the screen.
    setToasts((toasts) => [...toasts.filter((other) => other.text !== text), toast].slice(-3));
  };
  return {
    client,
    me: user,
    people: new People(client, user),
    toast: (text) => show(text, false),
    fail: (attempt, error) => show(failureInWords(attempt, error), true),
  };
}
