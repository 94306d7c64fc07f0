import type { Message, MessagePreview } from '../protocol/entities.ts';
import { limits } from '../protocol/limits.ts';

/** The line an inbox shows of a conversation's newest message, cut by characters so that none is cut in two. */
export function messagePreview(message: Pick<Message, 'seq' | 'senderId' | 'content'>): MessagePreview {
  const text = Array.from(message.content).slice(0, limits.previewCharacters).join('');
  return { seq: message.seq, senderId: message.senderId, text };
}
