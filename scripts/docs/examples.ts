/** One small world that all examples are told in. */
import type {
  Conversation,
  Member,
  Message,
  Profile,
  PublicProfile,
} from '../../shared/protocol/entities.ts';

const aliceId = 'usr_3vYxqTn0Qm2sJH4dWkZP7g';
export const bobId = 'usr_9fLbR6uV1eKc0oXtNaMS2w';
export const carolId = 'usr_Zk5hGd8yPi7jC3rBqUwE4A';
export const dmId = 'cnv_Qb3rVJ7x1nYkT0sLwMZc9eFhG5uDiAo2PqXtR8yBvKj';
export const groupId = 'cnv_m2Xc8Vb5Nn1Zq0LkJhGfDs';
export const messageId = '0192f3a1-7c44-7d2e-9b10-5f6a7b8c9d0e';
export const token = 'eyJhbGciOiJIUzI1NiJ9.eyJlcG9jaCI6MX0.c2lnbmF0dXJl';
export const expiresAt = '2026-11-24T22:00:00.000Z';
export const acceptedAt = '2026-11-24T10:00:00.000Z';
const joinedAt = '2026-11-24T09:58:00.000Z';
const storedAt = '2026-11-24T10:00:00.120Z';

export const alice: Profile = {
  userId: aliceId,
  username: 'alice',
  displayName: 'Alice',
  createdAt: '2026-11-24T09:00:00.000Z',
};
export const bob: PublicProfile = { userId: bobId, username: 'bob', displayName: 'Bob' };

export const message: Message = {
  conversationId: dmId,
  seq: 42,
  messageId,
  senderId: aliceId,
  type: 'text',
  content: 'hello',
  createdAt: storedAt,
};

export const changedMessage: Message = { ...message, reactions: { '👍': [bobId] }, revision: 1 };

/** As Bob sees it. */
export const dm: Conversation = {
  conversationId: dmId,
  type: 'DM',
  title: null,
  createdAt: joinedAt,
  createdBy: aliceId,
  memberCount: 2,
  role: 'member',
  lastSeq: 42,
  lastReadSeq: 40,
  unreadCount: 2,
  lastActivityAt: storedAt,
  lastMessagePreview: { seq: 42, senderId: aliceId, text: 'hello' },
  mutedUntil: null,
  pinned: false,
  peer: { userId: aliceId, username: 'alice', displayName: 'Alice' },
};

/** As Alice, who made it, sees it. */
export const group: Conversation = {
  conversationId: groupId,
  type: 'GROUP',
  title: 'Lunch',
  createdAt: joinedAt,
  createdBy: aliceId,
  memberCount: 2,
  role: 'admin',
  lastSeq: 0,
  lastReadSeq: 0,
  unreadCount: 0,
  lastActivityAt: joinedAt,
  lastMessagePreview: null,
  mutedUntil: null,
  pinned: false,
};

export const member: Member = { ...bob, role: 'member', joinedAt, lastReadSeq: 0 };
export const admin: Member = {
  userId: aliceId,
  username: 'alice',
  displayName: 'Alice',
  role: 'admin',
  joinedAt,
  lastReadSeq: 0,
};
