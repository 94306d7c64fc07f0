import type { StateChange } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../elements/icon.tsx';
import { useChat } from '../sdk/chat-context.ts';

/** A short break of the connection is not worth a word. */
const GRACE_MS = 1500;

/** Says that what is shown may be old, while it may be. */
export function ConnectionBanner() {
  const { client } = useChat();
  const [change, setChange] = useState<StateChange>({ state: client.state });
  const [late, setLate] = useState(false);
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => client.on('state', setChange), [client]);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    for (const type of ['online', 'offline']) addEventListener(type, update);
    return () => {
      for (const type of ['online', 'offline']) removeEventListener(type, update);
    };
  }, []);

  const connected = change.state === 'online' && isOnline;
  useEffect(() => {
    setLate(false);
    if (connected) return;
    const timer = setTimeout(() => setLate(true), isOnline ? GRACE_MS : 0);
    return () => clearTimeout(timer);
  }, [connected, isOnline]);

  const shown = late && !connected;
  return (
    <div class="banner-place" role="status">
      {shown && (
        <p class="banner">
          <Icon name="offline" size={18} />
          <span>
            {isOnline ? 'Connecting…' : 'You are offline.'} Messages you write are sent when you are back.
          </span>
        </p>
      )}
    </div>
  );
}
