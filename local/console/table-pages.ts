import {
  type AttributeValue,
  type DynamoDBClient,
  type KeySchemaElement,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Resource } from '../template/assembly.ts';
import { isRecord } from '../template/template.ts';
import type { TablePage, TableView } from './console-api.ts';
import { RequestError } from './request-error.ts';

type Table = { view: TableView; physicalName: string };

/** By name, so that a new table's password is covered as well. */
const secretName = /password|secret|token|fingerprint/i;

/** The tables of the template, page by page. */
export class TablePages {
  readonly #dynamodb: DynamoDBClient;
  readonly #tables: ReadonlyMap<string, Table>;

  constructor(dynamodb: DynamoDBClient, tables: readonly { name: string; resource: Resource }[]) {
    this.#dynamodb = dynamodb;
    this.#tables = new Map(
      tables.map(({ name, resource }) => [
        name,
        { view: viewOf(name, resource), physicalName: resource.ref },
      ]),
    );
  }

  list(): TableView[] {
    return [...this.#tables.values()]
      .map(({ view }) => view)
      .sort((one, other) => one.name.localeCompare(other.name));
  }

  /** @param key of a partition, where only its items are wanted */
  async page(name: string, limit: number, cursor?: string, key?: string): Promise<TablePage> {
    const table = this.#tables.get(name);
    if (table === undefined) throw new RequestError(404, `There is no table ${name}`);
    const place = {
      TableName: table.physicalName,
      Limit: limit,
      ExclusiveStartKey: cursor === undefined ? undefined : startKey(cursor),
    };
    const { Items = [], LastEvaluatedKey } = await this.#dynamodb.send(
      key === undefined
        ? new ScanCommand(place)
        : new QueryCommand({
            ...place,
            KeyConditionExpression: '#partition = :key',
            ExpressionAttributeNames: { '#partition': table.view.partitionKey },
            ExpressionAttributeValues: { ':key': { S: key } },
          }),
    );
    return {
      table: table.view,
      items: Items.map((item) => shown(unmarshall(item))),
      nextCursor: LastEvaluatedKey === undefined ? null : cursorOf(LastEvaluatedKey),
    };
  }
}

function viewOf(name: string, { properties }: Resource): TableView {
  // CloudFormation's shape, which the table was created from.
  const keys = properties['KeySchema'] as KeySchemaElement[];
  const named = (type: string) => keys.find(({ KeyType }) => KeyType === type)?.AttributeName;
  return { name, partitionKey: named('HASH') ?? '', sortKey: named('RANGE') ?? null };
}

/** As JSON can say it, with the values of secrets left out. */
function shown(item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, secretName.test(name) ? '(not shown)' : plain(value)]),
  );
}

function plain(value: unknown): unknown {
  if (value instanceof Set) return [...value].map(plain);
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? shown(value) : value;
}

function cursorOf(key: Record<string, AttributeValue>): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function startKey(cursor: string): Record<string, AttributeValue> {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    // What else it may hold, DynamoDB refuses.
    if (isRecord(key)) return key as Record<string, AttributeValue>;
  } catch {
    // Told below.
  }
  throw new RequestError(400, 'The cursor is none of ours');
}
