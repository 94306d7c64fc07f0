import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';

/** A refused request counts, and a socket is alive though its frame is refused: these two tables may change. */
const mayChange = /^(RateLimits|Presence)/;

/** Every item of the tables that a refused request must leave as they are. */
export class TableContents {
  readonly #client: DynamoDBClient;
  readonly #tables: string[];
  #known: string[] | undefined;

  /** @param tables their names by logical id */
  constructor(client: DynamoDBClient, tables: Record<string, string>) {
    this.#client = client;
    this.#tables = Object.entries(tables).flatMap(([id, name]) => (mayChange.test(id) ? [] : [name]));
  }

  /** Before something that may be refused; reads the tables where they may have changed since. */
  async remember(): Promise<void> {
    this.#known ??= await this.#read();
  }

  /** Something was accepted: whatever is there from now on is right. */
  forget(): void {
    this.#known = undefined;
  }

  /** Items that are new or other than remembered, and those that are gone. */
  async changes(): Promise<string[]> {
    const before = this.#known ?? [];
    const after = await this.#read();
    return [
      ...after.filter((item) => !before.includes(item)).map((item) => `+ ${item}`),
      ...before.filter((item) => !after.includes(item)).map((item) => `- ${item}`),
    ];
  }

  async #read(): Promise<string[]> {
    const pages = await Promise.all(this.#tables.map((table) => this.#items(table)));
    return pages.flat();
  }

  async #items(table: string): Promise<string[]> {
    const items: string[] = [];
    let from: Record<string, never> | undefined;
    do {
      const page = await this.#client.send(
        new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: from }),
      );
      items.push(...(page.Items ?? []).map((item) => `${table} ${inOrder(item)}`));
      from = page.LastEvaluatedKey as typeof from; // Handed back as it came.
    } while (from !== undefined);
    return items;
  }
}

/** As text that is the same for the same item: attributes come in any order. */
function inOrder(item: Record<string, unknown>): string {
  return JSON.stringify(item, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}
