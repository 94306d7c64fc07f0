import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Item } from './dynamo.ts';
import type { Tombstone } from './user-store.ts';

/** Who was erased, by a `Users` table: for operators. It reads the whole table. */
export class TombstoneStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  async *all(): AsyncGenerator<Tombstone> {
    let from: Item | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#documents.send(
        new ScanCommand({
          TableName: this.#table,
          FilterExpression: 'attribute_exists(erasedAt)',
          ExclusiveStartKey: from,
        }),
      );
      yield* Items as Tombstone[]; // Nothing else has the attribute.
      from = LastEvaluatedKey;
    } while (from !== undefined);
  }
}
