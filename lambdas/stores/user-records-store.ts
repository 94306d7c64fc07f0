import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { batchDelete } from './dynamo.ts';

/** A message that the user sent, or changed in some way: what one record in `Idempotency` says of it. */
export type UserRecord = { senderId: string; messageId: string; conversationId: string; seq: number };

/**
 * `Idempotency` as the list of all that one user did to messages, for who erases it: each message sent is there, and each
 * change. `MessageLog` and `ChangeLog` write it.
 */
export class UserRecordsStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Some of those that are left. Consistent: where there are none, there are none. */
  async some(userId: string, limit: number): Promise<UserRecord[]> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'senderId = :userId',
        ExpressionAttributeValues: { ':userId': userId },
        ProjectionExpression: 'senderId, messageId, conversationId, seq',
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return Items as UserRecord[]; // Whatever is written to the table has these four.
  }

  async remove(records: readonly UserRecord[]): Promise<void> {
    const keys = records.map(({ senderId, messageId }) => ({ senderId, messageId }));
    await batchDelete(this.#documents, this.#table, keys);
  }
}
