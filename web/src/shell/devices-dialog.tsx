import type { SessionInfo } from '@parley/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ConfirmDialog } from '../elements/confirm-dialog.tsx';
import { Dialog } from '../elements/dialog.tsx';
import { useChat } from '../sdk/chat-context.ts';
import { failureInWords } from '../text/error-words.ts';
import { fullTime, pastTime } from '../text/time.ts';
import { useNow } from './use-now.ts';

type Props = { onClose(): void; onSignedOut(): void };

/** Where the user is signed in, and how to end that. */
export function DevicesDialog({ onClose, onSignedOut }: Props) {
  const { client } = useChat();
  const [sessions, setSessions] = useState<SessionInfo[]>();
  const [news, setNews] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [asking, setAsking] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const now = useNow();

  const attempt = async (words: string, act: () => Promise<void>) => {
    setNews(undefined);
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      setProblem(failureInWords(words, error));
    }
  };
  useEffect(() => {
    void attempt('load your devices', async () => setSessions(await client.sessions()));
  }, []);
  const end = (session: SessionInfo) =>
    attempt(`sign ${nameOf(session)} out`, async () => {
      await client.endSession(session.sessionId);
      setSessions((all) => all?.filter(({ sessionId }) => sessionId !== session.sessionId));
      setNews(`${nameOf(session)} is signed out.`);
      // Its button, which had the focus, is gone.
      list.current?.focus();
    });
  const endAll = () =>
    attempt('sign you out everywhere', async () => {
      await client.signOutEverywhere();
      onSignedOut();
    });

  return (
    <Dialog title="Your devices" onClose={onClose}>
      {sessions === undefined && problem === undefined && <p role="status">Loading your devices…</p>}
      {sessions !== undefined && (
        <ul class="devices" aria-label="Where you are signed in" tabIndex={-1} ref={list}>
          {sessions.map((session) => (
            <li key={session.sessionId}>
              <span class="member-name">
                <span>{nameOf(session)}</span>
                <small title={fullTime(Date.parse(session.createdAt))}>
                  Signed in {pastTime(Date.parse(session.createdAt), now)}
                </small>
                {!session.current && (
                  <small title={fullTime(Date.parse(session.lastUsedAt))}>
                    Last used {pastTime(Date.parse(session.lastUsedAt), now)}
                  </small>
                )}
              </span>
              {session.current ? (
                <span class="role">This device</span>
              ) : (
                <button
                  type="button"
                  class="button small"
                  aria-label={`Sign out ${nameOf(session)}`}
                  onClick={() => end(session)}
                >
                  Sign out
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <p role="status" class="visually-hidden">
        {news}
      </p>
      {problem !== undefined && (
        <p class="notice error" role="alert">
          {problem}
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button danger" onClick={() => setAsking(true)}>
          Sign out everywhere
        </button>
      </div>
      {asking && (
        <ConfirmDialog
          title="Sign out on all devices?"
          text="Every phone and browser where you are signed in, this one too, asks for your password again. What is written there and not sent is lost."
          action="Sign out on all"
          onConfirm={endAll}
          onClose={() => setAsking(false)}
        />
      )}
    </Dialog>
  );
}

function nameOf({ deviceName }: SessionInfo): string {
  return deviceName ?? 'Unnamed device';
}
