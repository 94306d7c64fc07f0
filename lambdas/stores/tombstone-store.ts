import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { pagesOf } from './dynamo.ts';
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
    const pages = pagesOf((from) =>
      this.#documents.send(
        new ScanCommand({
          TableName: this.#table,
          FilterExpression: 'attribute_exists(erasedAt)',
          ExclusiveStartKey: from,
        }),
      ),
    );
    for await (const page of pages) yield* page as Tombstone[]; // Nothing else has the attribute.
  }
}
