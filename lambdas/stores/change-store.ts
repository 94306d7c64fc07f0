import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';

/** Where a message stands among the changes of its conversation: once, by its present revision. */
export type ChangePlace = { conversationId: string; revision: number; seq: number };

/** `Changes`: reading it. `ChangeLog` writes it. */
export class ChangeStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Of the newest change. */
  async last(conversationId: string): Promise<ChangePlace | undefined> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'conversationId = :conversationId',
        ExpressionAttributeValues: { ':conversationId': conversationId },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    return (Items as ChangePlace[])[0]; // Only `ChangeLog` writes the table.
  }

  /** By ascending revision: those with `after < revision ≤ upTo`, at most `limit` of them. */
  async between(
    conversationId: string,
    after: number,
    upTo: number,
    limit: number,
  ): Promise<{ places: ChangePlace[]; more: boolean }> {
    if (upTo <= after) return { places: [], more: false };
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'conversationId = :conversationId AND revision BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':conversationId': conversationId,
          ':first': after + 1,
          ':last': upTo,
        },
        ConsistentRead: true,
        // One more than asked for tells whether there are more.
        Limit: limit + 1,
      }),
    );
    const places = Items as ChangePlace[]; // As above.
    return { places: places.slice(0, limit), more: places.length > limit };
  }
}
