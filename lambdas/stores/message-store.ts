import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Message } from '../../shared/protocol/entities.ts';

export type MessagePage = { messages: Message[]; more: boolean };

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

  /** Messages with `seq > after`, ascending. */
  async after(conversationId: string, after: number, limit: number): Promise<MessagePage> {
    return this.#query(conversationId, 'seq > :bound', after, limit, true);
  }

  /** The messages just below `before`, descending. */
  async before(conversationId: string, before: number, limit: number): Promise<MessagePage> {
    return this.#query(conversationId, 'seq < :bound', before, limit, false);
  }

  async #query(
    conversationId: string,
    condition: string,
    bound: number,
    limit: number,
    ascending: boolean,
  ): Promise<MessagePage> {
    const { Items = [], LastEvaluatedKey } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: `conversationId = :conversationId AND ${condition}`,
        ExpressionAttributeValues: { ':conversationId': conversationId, ':bound': bound },
        ConsistentRead: true,
        ScanIndexForward: ascending,
        // One more than asked for tells whether there are more; so does a page that reaches DynamoDB's 1 MB.
        Limit: limit + 1,
      }),
    );
    const messages = Items as Message[]; // As above.
    return {
      messages: messages.slice(0, limit),
      more: messages.length > limit || LastEvaluatedKey !== undefined,
    };
  }
}
