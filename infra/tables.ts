/** The tables: what identifies an item in each, and the variable under which functions find it. */

type KeyAttribute = { name: string; type: 'S' | 'N' };

export type TableDefinition = {
  partitionKey: KeyAttribute;
  sortKey?: KeyAttribute;
  /** Further orders in which items can be read, holding keys only. */
  indexes?: Record<string, { partitionKey: KeyAttribute; sortKey: KeyAttribute }>;
  /**
   * Further orders of the items of one partition. Only these can be read consistently
   * (docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html); they must be there when the table is made.
   */
  localIndexes?: Record<string, { sortKey: KeyAttribute }>;
  /** Attribute with the second (Unix time) after which DynamoDB may remove the item. */
  timeToLiveAttribute?: string;
  environmentVariable: string;
};

const text = (name: string): KeyAttribute => ({ name, type: 'S' });
const number = (name: string): KeyAttribute => ({ name, type: 'N' });

export const tables = {
  Users: { partitionKey: text('userId'), environmentVariable: 'USERS_TABLE' },
  Credentials: {
    partitionKey: text('username'),
    // Of usernames that are held back after an erasure, and of nothing else.
    timeToLiveAttribute: 'expiresAt',
    environmentVariable: 'CREDENTIALS_TABLE',
  },
  Conversations: { partitionKey: text('conversationId'), environmentVariable: 'CONVERSATIONS_TABLE' },
  MembersByConversation: {
    partitionKey: text('conversationId'),
    sortKey: text('userId'),
    environmentVariable: 'MEMBERS_TABLE',
  },
  MessagesByConversation: {
    partitionKey: text('conversationId'),
    sortKey: number('seq'),
    environmentVariable: 'MESSAGES_TABLE',
  },
  Changes: {
    partitionKey: text('conversationId'),
    sortKey: number('revision'),
    environmentVariable: 'CHANGES_TABLE',
  },
  ConversationsByUser: {
    partitionKey: text('userId'),
    sortKey: text('conversationId'),
    indexes: { byActivity: { partitionKey: text('userId'), sortKey: text('lastActivityAt') } },
    // Holds only the rows that have the attribute: those of groups whose connections are subscribed.
    localIndexes: { subscribed: { sortKey: text('subscribedSince') } },
    environmentVariable: 'INBOX_TABLE',
  },
  Idempotency: {
    partitionKey: text('senderId'),
    sortKey: text('messageId'),
    environmentVariable: 'IDEMPOTENCY_TABLE',
  },
  Presence: {
    partitionKey: text('userId'),
    sortKey: text('region'),
    timeToLiveAttribute: 'expiresAt',
    environmentVariable: 'PRESENCE_TABLE',
  },
  EndedMemberships: {
    partitionKey: text('conversationId'),
    sortKey: text('membership'),
    timeToLiveAttribute: 'expiresAt',
    environmentVariable: 'ENDED_MEMBERSHIPS_TABLE',
  },
  Subscriptions: {
    partitionKey: text('bucketId'),
    sortKey: text('connectionId'),
    timeToLiveAttribute: 'expiresAt',
    environmentVariable: 'SUBSCRIPTIONS_TABLE',
  },
  ConversationCounts: {
    partitionKey: text('userId'),
    environmentVariable: 'CONVERSATION_COUNTS_TABLE',
  },
  RateLimits: {
    partitionKey: text('key'),
    timeToLiveAttribute: 'expiresAt',
    environmentVariable: 'RATE_LIMITS_TABLE',
  },
} satisfies Record<string, TableDefinition>;

export type TableName = keyof typeof tables;
export const tableNames = Object.keys(tables) as TableName[]; // The keys of a literal are exactly its type's keys.

/** The same definitions, with what only some of them have. */
export const tableDefinitions: Record<TableName, TableDefinition> = tables;
