import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import {
  despiteConflicts,
  isConditionFailure,
  isLostRace,
  itemOfFailure,
  transact,
  writeIf,
} from './dynamo.ts';

export type ConversationCount = {
  userId: string;
  /** Never lower than what the user's inbox holds; higher where a function died in between. */
  conversations: number;
  /** When a place was last taken, in ms since 1970. */
  takenAt: number;
  /** When the inbox was last counted. */
  countedAt: number;
};

/** `ConversationCounts`: in how many conversations each user is. */
export class ConversationCountStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  async count(userId: string): Promise<ConversationCount | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { userId }, ConsistentRead: true }),
    );
    return Item as ConversationCount | undefined; // Only this store writes the table.
  }

  /**
   * Takes one of `most` places; where none is free, or nothing was counted yet, returns what is known. Should the SDK
   * repeat it, two are taken: too high a count is corrected, too low a one would break the limit.
   */
  async take(userId: string, most: number, now: number): Promise<'taken' | ConversationCount | undefined> {
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { userId },
      UpdateExpression: 'SET conversations = conversations + :one, takenAt = :now',
      ConditionExpression: 'conversations < :most',
      ExpressionAttributeValues: { ':one': 1, ':now': now, ':most': most },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await despiteConflicts(() => this.#documents.send(update));
      return 'taken';
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      return itemOfFailure(error) as ConversationCount | undefined; // As above.
    }
  }

  /** The first count of a user, unless there is one by now. */
  async begin(count: ConversationCount): Promise<void> {
    const put = new PutCommand({
      TableName: this.#table,
      Item: count,
      ConditionExpression: 'attribute_not_exists(userId)',
    });
    await writeIf(() => this.#documents.send(put));
  }

  /** Replaces what was `seen`, unless it has changed since. */
  async correct(seen: ConversationCount, conversations: number, now: number): Promise<void> {
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { userId: seen.userId },
      UpdateExpression: 'SET conversations = :counted, countedAt = :now',
      ConditionExpression: 'conversations = :seen AND takenAt = :takenAt AND countedAt = :countedAt',
      ExpressionAttributeValues: {
        ':counted': conversations,
        ':now': now,
        ':seen': seen.conversations,
        ':takenAt': seen.takenAt,
        ':countedAt': seen.countedAt,
      },
    });
    await writeIf(() => this.#documents.send(update));
  }

  /**
   * Gives a place back, unless the inbox was counted since `countedAt`: that may have found it free already. A
   * transaction of one, for the SDK may repeat it and it still takes effect once.
   */
  async give(userId: string, countedAt: number): Promise<void> {
    try {
      await transact(this.#documents, [
        {
          Update: {
            TableName: this.#table,
            Key: { userId },
            UpdateExpression: 'SET conversations = conversations - :one',
            ConditionExpression: 'conversations > :zero AND countedAt = :countedAt',
            ExpressionAttributeValues: { ':one': 1, ':zero': 0, ':countedAt': countedAt },
          },
        },
      ]);
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }

  async forget(userId: string): Promise<void> {
    await this.#documents.send(new DeleteCommand({ TableName: this.#table, Key: { userId } }));
  }
}
