import {
  type AttributeDefinition,
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
  type LocalSecondaryIndex,
  type Projection,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { Resource } from '../template/assembly.ts';
import { physicalName } from './resource-attributes.ts';
import { StartError } from './start-error.ts';

export const TABLE_TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** The properties read here are spelled in CloudFormation as in the API. */
type TableProperties = {
  AttributeDefinitions?: AttributeDefinition[];
  KeySchema?: KeySchemaElement[];
  GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
  LocalSecondaryIndexes?: LocalSecondaryIndex[];
};

/** Creates the table, or brings an existing one's secondary indexes in line with the template. */
export async function provisionTable(client: DynamoDBClient, resource: Resource): Promise<void> {
  const TableName = physicalName(resource, 'TableName');
  const wanted = resource.properties as TableProperties;
  const existing = await describe(client, TableName);
  if (existing === undefined) {
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: wanted.AttributeDefinitions,
        KeySchema: wanted.KeySchema,
        GlobalSecondaryIndexes: wanted.GlobalSecondaryIndexes?.map(indexOnDemand),
        LocalSecondaryIndexes: wanted.LocalSecondaryIndexes,
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.02, maxDelay: 0.1 }, { TableName });
    return;
  }
  if (keyOf(existing.KeySchema) !== keyOf(wanted.KeySchema)) {
    throw new StartError(
      `The stored table ${TableName} has the key ${keyOf(existing.KeySchema)}, the template says ${keyOf(wanted.KeySchema)}: start with --fresh to begin anew.`,
    );
  }
  if (namesOf(existing.LocalSecondaryIndexes) !== namesOf(wanted.LocalSecondaryIndexes)) {
    throw new StartError(
      `The stored table ${TableName} has the local indexes ${namesOf(existing.LocalSecondaryIndexes)}, the template says ${namesOf(wanted.LocalSecondaryIndexes)}: start with --fresh to begin anew.`,
    );
  }
  await alignIndexes(client, TableName, existing, wanted);
}

async function alignIndexes(
  client: DynamoDBClient,
  TableName: string,
  existing: TableDescription,
  wanted: TableProperties,
) {
  const stored = new Map(
    (existing.GlobalSecondaryIndexes ?? []).map((index) => [index.IndexName, shapeOf(index)]),
  );
  const indexes = new Map((wanted.GlobalSecondaryIndexes ?? []).map((index) => [index.IndexName, index]));
  // DynamoDB changes one index an UpdateTable.
  for (const [IndexName, shape] of stored) {
    const index = indexes.get(IndexName);
    if (index !== undefined && shapeOf(index) === shape) continue;
    await client.send(
      new UpdateTableCommand({ TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] }),
    );
    stored.delete(IndexName);
  }
  for (const [IndexName, index] of indexes) {
    if (stored.has(IndexName)) continue;
    await client.send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions: wanted.AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: indexOnDemand(index) }],
      }),
    );
  }
}

async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Without capacities, which an on-demand table refuses. */
function indexOnDemand({ IndexName, KeySchema, Projection }: GlobalSecondaryIndex): GlobalSecondaryIndex {
  return { IndexName, KeySchema, Projection };
}

function keyOf(schema: KeySchemaElement[] | undefined): string {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(', ');
}

/** DynamoDB cannot add a local index to a table, nor take one away. */
function namesOf(indexes: { IndexName?: string | undefined }[] | undefined): string {
  const names = (indexes ?? []).map(({ IndexName }) => IndexName).sort();
  return names.length > 0 ? names.join(', ') : 'none';
}

type IndexShape = { KeySchema?: KeySchemaElement[] | undefined; Projection?: Projection | undefined };

function shapeOf(index: IndexShape): string {
  const { ProjectionType, NonKeyAttributes } = index.Projection ?? {};
  return JSON.stringify([keyOf(index.KeySchema), ProjectionType, [...(NonKeyAttributes ?? [])].sort()]);
}
