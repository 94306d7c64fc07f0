import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Message } from '../../shared/protocol/entities.ts';
import { batchGet } from './dynamo.ts';

export type MessagePage = { messages: Message[]; more: boolean };

/** `MessagesByConversation`, the source of truth: reading it. `MessageLog` and `ChangeLog` write it. */
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
    return Item as Message | undefined; // Only `MessageLog` and `ChangeLog` write the table.
  }

  /** Those of `seqs`, which must differ from one another, that are stored, by `seq`. */
  async messages(conversationId: string, seqs: readonly number[]): Promise<Map<number, Message>> {
    const keys = seqs.map((seq) => ({ conversationId, seq }));
    const items = (await batchGet(this.#documents, this.#table, keys)) as Message[]; // As above.
    return new Map(items.map((message) => [message.seq, message]));
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
