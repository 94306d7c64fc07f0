import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { MessagePreview } from '../../shared/protocol/entities.ts';
import { batchGet, despiteConflicts } from './dynamo.ts';

/** What is true of a conversation for all of its members. */
export type ConversationHead = {
  conversationId: string;
  type: 'DM' | 'GROUP';
  title: string | null;
  createdAt: string;
  createdBy: string;
  memberCount: number;
  adminCount: number;
  /** Counts the changes of membership: members read at a version are exact while the version stands. */
  membersVersion: number;
  lastSeq: number;
  lastRevision: number;
  lastActivityAt: string;
  lastMessagePreview: MessagePreview | null;
  /**
   * Once the group has outgrown `limits.subscribedMembers`: `building` while its members' inbox rows are being marked and
   * their connections subscribed, `complete` afterwards, for good. Whoever joins from `building` on joins with a mark.
   */
  subscriptions?: 'building' | 'complete';
  /** See shared/domain/large-groups.ts. Set in the transaction that brings the group over the limit, and never unset. */
  isLarge?: true;
  /** Members named at creation who did not fit the first transaction; gone once all are in. */
  pendingMemberIds?: string[];
};

export class ConversationStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  async head(conversationId: string): Promise<ConversationHead | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { conversationId }, ConsistentRead: true }),
    );
    return Item as ConversationHead | undefined; // Only this folder's stores write the table.
  }

  async heads(conversationIds: readonly string[]): Promise<Map<string, ConversationHead>> {
    const items = await batchGet(
      this.#documents,
      this.#table,
      conversationIds.map((conversationId) => ({ conversationId })),
    );
    return new Map((items as ConversationHead[]).map((head) => [head.conversationId, head])); // As above.
  }

  /** All present members are marked, and their connections subscribed. */
  async completeSubscriptions(conversationId: string): Promise<void> {
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { conversationId },
      UpdateExpression: 'SET subscriptions = :complete',
      ConditionExpression: 'attribute_exists(conversationId)',
      ExpressionAttributeValues: { ':complete': 'complete' },
    });
    await despiteConflicts(() => this.#documents.send(update));
  }

  async setTitle(conversationId: string, title: string): Promise<void> {
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { conversationId },
      UpdateExpression: 'SET title = :title',
      ConditionExpression: 'attribute_exists(conversationId)',
      ExpressionAttributeValues: { ':title': title },
    });
    // Messages are appended in transactions on the same item.
    await despiteConflicts(() => this.#documents.send(update));
  }
}
