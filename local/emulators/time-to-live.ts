import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import type { Assembly } from '../template/assembly.ts';
import type { Log } from './emulator.ts';
import { TABLE_TYPES } from './provision-tables.ts';
import { physicalName } from './resource-attributes.ts';

export type ExpiringTable = { tableName: string; attribute: string };

/** AWS promises deletion within a few days; a minute lets a developer see it happen. */
const SWEEP_INTERVAL_MS = 60_000;
/** DynamoDB leaves items alone whose time lies further back: most likely a mistake in the unit. */
const OLDEST_SECONDS = 5 * 365 * 24 * 3600;

export function expiringTables(assembly: Assembly): ExpiringTable[] {
  return TABLE_TYPES.flatMap((type) => assembly.ofType(type)).flatMap((table) => {
    // As CloudFormation spells it.
    const setting = table.properties['TimeToLiveSpecification'] as
      | { AttributeName?: string; Enabled?: boolean }
      | undefined;
    if (setting?.AttributeName === undefined || setting.Enabled === false) return [];
    return [{ tableName: physicalName(table, 'TableName'), attribute: setting.AttributeName }];
  });
}

/** Deletes expired items, which the DynamoDB emulator never does by itself. */
export class TimeToLiveSweeper {
  readonly #client: DynamoDBClient;
  readonly #tables: readonly ExpiringTable[];
  readonly #now: () => number;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: {
    client: DynamoDBClient;
    tables: readonly ExpiringTable[];
    log: Log;
    now?: () => number;
  }) {
    this.#client = options.client;
    this.#tables = options.tables;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
  }

  start(intervalMs = SWEEP_INTERVAL_MS): void {
    if (this.#tables.length === 0) return;
    const later = () => {
      this.#timer = setTimeout(() => {
        this.#sweeping = this.sweep()
          .catch((error: unknown) =>
            this.#log(`Time to live: ${error instanceof Error ? error.message : error}`),
          )
          .finally(() => {
            if (!this.#closed) later();
          });
      }, intervalMs);
      this.#timer.unref();
    };
    later();
  }

  /** @returns how many items it deleted */
  async sweep(): Promise<number> {
    let deleted = 0;
    for (const table of this.#tables) deleted += await this.#sweepTable(table);
    return deleted;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sweeping;
  }

  async #sweepTable({ tableName, attribute }: ExpiringTable): Promise<number> {
    const { Table } = await this.#client.send(new DescribeTableCommand({ TableName: tableName }));
    const keys = (Table?.KeySchema ?? []).flatMap(({ AttributeName }) => AttributeName ?? []);
    const seconds = Math.floor(this.#now() / 1000);
    const expired = {
      names: { '#expires': attribute },
      values: { ':now': { N: String(seconds) }, ':oldest': { N: String(seconds - OLDEST_SECONDS) } },
      expression: '#expires <= :now AND #expires > :oldest',
    };
    let deleted = 0;
    const pages = paginateScan(
      { client: this.#client },
      {
        TableName: tableName,
        FilterExpression: expired.expression,
        ProjectionExpression: keys.map((_, index) => `#key${index}`).join(', '),
        ExpressionAttributeNames: {
          ...expired.names,
          ...Object.fromEntries(keys.map((key, index) => [`#key${index}`, key])),
        },
        ExpressionAttributeValues: expired.values,
      },
    );
    for await (const page of pages) {
      for (const Key of page.Items ?? []) {
        if (this.#closed) return deleted;
        try {
          await this.#client.send(
            new DeleteItemCommand({
              TableName: tableName,
              Key,
              // It may have been renewed since the scan read it.
              ConditionExpression: expired.expression,
              ExpressionAttributeNames: expired.names,
              ExpressionAttributeValues: expired.values,
            }),
          );
          deleted += 1;
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }
      }
    }
    return deleted;
  }
}
