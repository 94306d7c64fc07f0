import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Message } from '../../shared/protocol/entities.ts';

/** `MessagesByConversation`, the source of truth: reading it. Writing is `MessageLog`'s alone. */
export class MessageStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  async message(conversationId: string, seq: number): Promise<Message | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { conversationId, seq }, ConsistentRead: true }),
    );
    return Item as Message | undefined; // Only `MessageLog` writes the table.
  }

  /** Messages with `seq > after`, ascending; fewer than `limit` where the page reaches DynamoDB's 1 MB. */
  async after(conversationId: string, after: number, limit: number): Promise<Message[]> {
    return this.#query(conversationId, 'seq > :bound', after, limit, true);
  }

  /** The messages just below `before`, descending. */
  async before(conversationId: string, before: number, limit: number): Promise<Message[]> {
    return this.#query(conversationId, 'seq < :bound', before, limit, false);
  }

  async #query(
    conversationId: string,
    condition: string,
    bound: number,
    limit: number,
    ascending: boolean,
  ): Promise<Message[]> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: `conversationId = :conversationId AND ${condition}`,
        ExpressionAttributeValues: { ':conversationId': conversationId, ':bound': bound },
        ConsistentRead: true,
        ScanIndexForward: ascending,
        Limit: limit,
      }),
    );
    return Items as Message[]; // As above.
  }
}
