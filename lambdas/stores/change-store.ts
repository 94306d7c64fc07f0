import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';

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

  async at(conversationId: string, revision: number): Promise<ChangePlace | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { conversationId, revision }, ConsistentRead: true }),
    );
    return Item as ChangePlace | undefined; // As above.
  }

  /** By ascending revision: those with `revision > after`, at most `limit` of them. */
  async after(
    conversationId: string,
    after: number,
    limit: number,
  ): Promise<{ places: ChangePlace[]; more: boolean }> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'conversationId = :conversationId AND revision > :after',
        ExpressionAttributeValues: { ':conversationId': conversationId, ':after': after },
        ConsistentRead: true,
        // One more than asked for tells whether there are more.
        Limit: limit + 1,
      }),
    );
    const places = Items as ChangePlace[]; // As above.
    return { places: places.slice(0, limit), more: places.length > limit };
  }
}
