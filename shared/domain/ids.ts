import { createHash, createHmac, randomBytes } from 'node:crypto';

/** 128 random bits: opaque, and no two servers need to agree on anything. */
function randomId(prefix: string): string {
  return `${prefix}_${randomBytes(16).toString('base64url')}`;
}

function derivedId(prefix: string, ...parts: string[]): string {
  return `${prefix}_${createHash('sha256').update(parts.join('\n')).digest('base64url')}`;
}

export const newUserId = () => randomId('usr');
export const newSessionId = () => randomId('ses');
export const newConversationId = () => randomId('cnv');
/** Names one acceptance of a message, so that a redelivery of it can be told from a client's retry. */
export const newAcceptId = () => randomId('acc');

/**
 * Who an OIDC issuer vouches for has the same id whenever, and wherever, they are first seen. Subjects can be listed or guessed,
 * so the id is keyed: without the key nobody can tell whose it was once the user is erased.
 */
export function issuedUserId(key: string, issuer: string, subject: string): string {
  const text = ['oidc', issuer, subject].join('\n');
  return `usr_${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/** Two people have one DM, whoever opens it first: its id is a function of the pair. */
export function dmConversationId(userId: string, otherUserId: string): string {
  return derivedId('cnv', 'dm', ...[userId, otherUserId].sort());
}

/** A group created with a `createId` can be created again by a retry without becoming two. */
export function createdConversationId(creatorId: string, createId: string): string {
  return derivedId('cnv', 'group', creatorId, createId);
}
