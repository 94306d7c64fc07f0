import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Role } from '../../shared/protocol/values.ts';
import { batchGet, queryAll } from './dynamo.ts';

export type MemberRow = {
  conversationId: string;
  userId: string;
  role: Role;
  joinedAt: string;
  /** `lastSeq` at the time of joining: the next one is the first message this member hears of. */
  joinedSeq: number;
};

/** `MembersByConversation`: reading it. `MembershipStore` writes it. */
export class MemberStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  async member(conversationId: string, userId: string): Promise<MemberRow | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({
        TableName: this.#table,
        Key: { conversationId, userId },
        ConsistentRead: true,
      }),
    );
    return Item as MemberRow | undefined; // Only `MembershipStore` writes the table.
  }

  /** Those of `userIds` who are members. */
  async membersAmong(conversationId: string, userIds: readonly string[]): Promise<MemberRow[]> {
    return this.rows(userIds.map((userId) => ({ conversationId, userId })));
  }

  /** Those of these rows that there are, of whatever conversations; they must differ from one another. */
  async rows(keys: readonly Pick<MemberRow, 'conversationId' | 'userId'>[]): Promise<MemberRow[]> {
    return (await batchGet(this.#documents, this.#table, [...keys])) as MemberRow[]; // As above.
  }

  /** Members by ascending user id, after `afterUserId`. */
  async page(conversationId: string, limit: number, afterUserId?: string): Promise<MemberRow[]> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'conversationId = :conversationId',
        ExpressionAttributeValues: { ':conversationId': conversationId },
        ConsistentRead: true,
        Limit: limit,
        ExclusiveStartKey: afterUserId === undefined ? undefined : { conversationId, userId: afterUserId },
      }),
    );
    return Items as MemberRow[]; // As above.
  }

  async all(conversationId: string): Promise<MemberRow[]> {
    const items = await queryAll(
      this.#documents,
      (from) =>
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'conversationId = :conversationId',
          ExpressionAttributeValues: { ':conversationId': conversationId },
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
    );
    return items as MemberRow[]; // As above.
  }
}
