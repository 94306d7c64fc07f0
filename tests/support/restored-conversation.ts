import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { Parley } from './parley.ts';
import type { Person } from './person.ts';

/** A record of the stream, as the send path makes it. */
export function acceptedMessage(conversationId: string, senderId: string, content: string): AcceptedMessage {
  const acceptedAt = new Date().toISOString();
  const ids = { acceptId: randomUUID(), conversationId, senderId, messageId: randomUUID() };
  return { version: 1, acceptedAt, ...ids, type: 'text', content };
}

/** Writes a group without messages as a table restored from a backup would bring it back. */
export async function restoreConversation(
  documents: DynamoDBDocumentClient,
  parley: Parley,
  conversationId: string,
  members: Person[],
): Promise<void> {
  const at = new Date().toISOString();
  const { tableNames } = parley.runtime;
  const put = (TableName: string | undefined, Item: object) =>
    documents.send(new PutCommand({ TableName, Item }));
  for (const { id: userId } of members) {
    const joined = { conversationId, userId, role: 'admin', joinedAt: at };
    await put(tableNames['MembersByConversation'], { ...joined, joinedSeq: 0 });
    const own = { type: 'GROUP', lastSeq: 0, lastReadSeq: 0, lastActivityAt: at, pinned: false };
    await put(tableNames['ConversationsByUser'], { ...joined, ...own, mutedUntil: null });
  }
  await put(tableNames['Conversations'], {
    conversationId,
    type: 'GROUP',
    title: 'Restored',
    createdAt: at,
    createdBy: members[0]?.id,
    memberCount: members.length,
    adminCount: members.length,
    membersVersion: 1,
    lastSeq: 0,
    lastRevision: 0,
    lastActivityAt: at,
    lastMessagePreview: null,
  });
}
