import type { Message } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useChat } from '../sdk/chat-context.ts';

/** More at once, as after a time offline, is said as a number. */
const SPOKEN_AT_ONCE = 3;
const GATHER_MS = 400;

/** Reads new messages of others out to screen readers: the list itself would read out history too. */
export function Announcer({ openId }: { openId: string | undefined }) {
  const { client, me, people } = useChat();
  const [text, setText] = useState('');
  useEffect(() => {
    let gathered: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const speak = () => {
      const messages = gathered;
      gathered = [];
      timer = undefined;
      setText(
        messages.length > SPOKEN_AT_ONCE
          ? `${messages.length} new messages`
          : messages.map((message) => sentence(message)).join('. '),
      );
    };
    const sentence = ({ conversationId, senderId, content }: Message) => {
      const info = client.conversations().get(conversationId);
      const place =
        conversationId === openId || info?.type !== 'GROUP' ? '' : ` in ${info.title ?? 'a group'}`;
      return `${people.name(senderId, conversationId)}${place}: ${content}`;
    };
    const stop = client.on('message', (message) => {
      if (
        message.senderId === me.userId ||
        message.deleted ||
        isMuted(client.conversations().get(message.conversationId)?.mutedUntil)
      )
        return;
      gathered.push(message);
      timer ??= setTimeout(speak, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, openId]);
  return (
    <div class="visually-hidden" aria-live="polite" data-testid="announcer">
      {text}
    </div>
  );
}

function isMuted(mutedUntil: string | null | undefined): boolean {
  return mutedUntil != null && Date.parse(mutedUntil) > Date.now();
}
