import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  type QueryCommand,
  type QueryCommandOutput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import pMap from 'p-map';
import { type ParleyError, unavailable } from '../../shared/protocol/errors.ts';
import { batchesOf, sendWhole } from './batches.ts';
import { pause } from './pause.ts';
import { newRequestHandler } from './request-handler.ts';

/** BatchGetItem takes 100 keys a call (DynamoDB service quotas). */
const keysPerBatch = 100;
/** And BatchWriteItem 25. */
const writesPerBatch = 25;
const batchAttempts = 6;
const batchesAtOnce = 10;
const conflictAttempts = 6;

export type Item = Record<string, unknown>;

export function newDocumentClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({ maxAttempts: 3, requestHandler: newRequestHandler() });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

export function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof ConditionalCheckFailedException;
}

/** The item that a condition failed on. The document client leaves items inside errors in wire form. */
export function itemOfFailure(error: { Item?: ConditionalCheckFailedException['Item'] }): Item | undefined {
  return error.Item === undefined ? undefined : unmarshall(error.Item);
}

export type Cancellation = { code: string; item: Item | undefined };

/** Why each item of a transaction was refused, in the order of the items; `undefined` if that is not what happened. */
export function cancellations(error: unknown): Cancellation[] | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  return (error.CancellationReasons ?? []).map((reason) => ({
    code: reason.Code ?? 'None',
    item: itemOfFailure(reason),
  }));
}

/** The same where a condition failed: someone else was first, so read again before trying again. */
export function lostRace(error: unknown): Cancellation[] | undefined {
  const reasons = cancellations(error);
  return reasons?.some((reason) => reason.code === 'ConditionalCheckFailed') ? reasons : undefined;
}

export function isLostRace(error: unknown): boolean {
  return lostRace(error) !== undefined;
}

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export async function transact(documents: DynamoDBDocumentClient, items: TransactItem[]): Promise<void> {
  await despiteConflicts(() => documents.send(new TransactWriteCommand({ TransactItems: items })));
}

/**
 * Repeats a write that DynamoDB refused only because a transaction was touching one of its items at that moment, or for
 * want of capacity. That says nothing about the write's own conditions.
 */
export async function despiteConflicts<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (attempt === conflictAttempts || !isConflict(error)) throw error;
      await pause(attempt);
    }
  }
}

/** Makes a conditional write. `false` where its condition did not hold, so that nothing was written. */
export async function writeIf(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await despiteConflicts(write);
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

function isConflict(error: unknown): boolean {
  if (error instanceof TransactionConflictException) return true;
  const reasons = cancellations(error)?.filter((reason) => reason.code !== 'None');
  return (
    reasons !== undefined && reasons.length > 0 && reasons.every((reason) => passingReasons.has(reason.code))
  );
}

/** Of the codes of a cancelled transaction, those that pass by themselves. */
const passingReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Reads the items under `keys`, which must differ from one another, consistently. Items that do not exist are left
 * out, and the order is not kept.
 */
export async function batchGet(
  documents: DynamoDBDocumentClient,
  table: string,
  keys: Item[],
): Promise<Item[]> {
  const batches = batchesOf(keys, keysPerBatch);
  return (await Promise.all(batches.map((batch) => getBatch(documents, table, batch)))).flat();
}

async function getBatch(documents: DynamoDBDocumentClient, table: string, keys: Item[]): Promise<Item[]> {
  const items: Item[] = [];
  const read = async (wanted: Item[]) => {
    const answer = await documents.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
    );
    items.push(...(answer.Responses?.[table] ?? []));
    return answer.UnprocessedKeys?.[table]?.Keys ?? [];
  };
  await sendWhole(keys, batchAttempts, read, tablesAreBusy);
  return items;
}

/** Reads a few items of several tables at once, again if need be until it has all of them. Answers them by table. */
export async function readTogether(
  documents: DynamoDBDocumentClient,
  command: BatchGetCommand,
): Promise<Record<string, Item[]>> {
  let found: Record<string, Item[]> = {};
  const read = async (wanted: BatchGetCommand[]) => {
    const answer = await documents.send(command);
    found = answer.Responses ?? {};
    return Object.keys(answer.UnprocessedKeys ?? {}).length > 0 ? wanted : [];
  };
  await sendWhole([command], batchAttempts, read, tablesAreBusy);
  return found;
}

/** Deletes the items under `keys`, which must differ from one another. Throws where some may still be there. */
export async function batchDelete(
  documents: DynamoDBDocumentClient,
  table: string,
  keys: Item[],
): Promise<void> {
  const requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
  for (const batch of batchesOf(requests, writesPerBatch)) await writeBatch(documents, table, batch);
}

/** Puts items, of which no two may have the same key. Throws where some may not be there. */
export async function batchPut(
  documents: DynamoDBDocumentClient,
  table: string,
  items: Item[],
): Promise<void> {
  const requests = items.map((Item) => ({ PutRequest: { Item } }));
  await pMap(batchesOf(requests, writesPerBatch), (batch) => writeBatch(documents, table, batch), {
    concurrency: batchesAtOnce,
  });
}

async function writeBatch<Request extends WriteRequest>(
  documents: DynamoDBDocumentClient,
  table: string,
  batch: Request[],
): Promise<void> {
  const write = async (wanted: Request[]) => {
    const answer = await documents.send(new BatchWriteCommand({ RequestItems: { [table]: wanted } }));
    return (answer.UnprocessedItems?.[table] ?? []) as Request[]; // Some of those that were asked for.
  };
  await sendWhole(batch, batchAttempts, write, tablesAreBusy);
}

type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

function tablesAreBusy(): ParleyError {
  return unavailable('The tables are busy: try again.');
}

/** All that a query finds, over as many pages as it takes. @param page the query, from where the last page ended */
export async function queryAll(
  documents: DynamoDBDocumentClient,
  page: (from: Item | undefined) => QueryCommand,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const found of pagesOf((from) => documents.send(page(from)))) items.push(...found);
  return items;
}

/** The items of a query or a scan, page by page. @param read the page that begins where the last one ended */
export async function* pagesOf(
  read: (from: Item | undefined) => Promise<Pick<QueryCommandOutput, 'Items' | 'LastEvaluatedKey'>>,
): AsyncGenerator<Item[]> {
  let from: Item | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await read(from);
    yield Items;
    from = LastEvaluatedKey;
  } while (from !== undefined);
}
