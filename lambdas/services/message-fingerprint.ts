import { createHmac } from 'node:crypto';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';

export type Fingerprint = (message: AcceptedMessage) => string;

/**
 * Tells whether two sends under one `messageId` are the same message. Keyed, so that whoever can read the table
 * cannot confirm a guess of what a deleted message said.
 */
export function fingerprintWith(key: string): Fingerprint {
  return ({ conversationId, type, content, replyTo }) =>
    createHmac('sha256', key)
      .update(JSON.stringify([conversationId, type, content, replyTo ?? null]))
      .digest('base64url');
}
