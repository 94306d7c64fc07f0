import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import {
  type BatchGetCommand,
  type BatchWriteCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import {
  batchDelete,
  batchGet,
  cancellations,
  despiteConflicts,
  isConditionFailure,
  isLostRace,
  itemOfFailure,
  pagesOf,
  queryAll,
} from './dynamo.ts';

const details = { $metadata: {}, message: 'refused' };

function cancelled(...codes: (string | undefined)[]): TransactionCanceledException {
  const CancellationReasons = codes.map((code) => (code === undefined ? {} : { Code: code }));
  return new TransactionCanceledException({ ...details, CancellationReasons });
}

/** A client that answers each command by `answer`. */
function clientOf(answer: (input: never) => unknown): DynamoDBDocumentClient {
  const send = async ({ input }: { input: never }) => answer(input);
  return { send } as unknown as DynamoDBDocumentClient; // All that these functions use of it.
}

test('a failed condition is told from other failures, with the item it failed on', () => {
  const failure = new ConditionalCheckFailedException({ ...details, Item: { seq: { N: '7' } } });
  expect([isConditionFailure(failure), isConditionFailure(new Error('another'))]).toEqual([true, false]);
  expect(itemOfFailure(failure)).toEqual({ seq: 7 });
  expect(itemOfFailure(new ConditionalCheckFailedException(details))).toBeUndefined();
});

test('a cancelled transaction says why, item by item', () => {
  const CancellationReasons = [{}, { Code: 'ConditionalCheckFailed', Item: { seq: { N: '7' } } }];
  const error = new TransactionCanceledException({ ...details, CancellationReasons });
  expect(cancellations(error)).toEqual([
    { code: 'None', item: undefined },
    { code: 'ConditionalCheckFailed', item: { seq: 7 } },
  ]);
  expect(cancellations(new TransactionCanceledException(details))).toEqual([]);
  expect(cancellations(new Error('another'))).toBeUndefined();
});

test('a race is lost where any condition failed', () => {
  expect(isLostRace(cancelled('None', 'ConditionalCheckFailed'))).toBe(true);
  expect(isLostRace(cancelled('TransactionConflict', 'None'))).toBe(false);
  expect(isLostRace(new Error('another'))).toBe(false);
});

describe('a write that meets another transaction', () => {
  /** How often a write is tried that fails the first `failures` times, and what comes of it. */
  async function tries(error: Error, failures: number): Promise<{ tried: number; outcome: unknown }> {
    let tried = 0;
    const write = async () => {
      tried += 1;
      if (tried <= failures) throw error;
      return 'written';
    };
    const outcome = await despiteConflicts(write).catch((thrown: unknown) => thrown);
    return { tried, outcome };
  }

  test.each([
    ['TransactionConflict', cancelled('TransactionConflict', 'None')],
    ['ThrottlingError', cancelled('None', 'ThrottlingError')],
    ['ProvisionedThroughputExceeded', cancelled('ProvisionedThroughputExceeded')],
    ['several of them', cancelled('TransactionConflict', undefined, 'ThrottlingError')],
    ['a conflict of a single write', new TransactionConflictException(details)],
  ])('is repeated: %s', async (_, error) => {
    expect(await tries(error, 2)).toEqual({ tried: 3, outcome: 'written' });
  });

  test.each([
    ['a failed condition', cancelled('ConditionalCheckFailed', 'None')],
    ['a failed condition beside a conflict', cancelled('TransactionConflict', 'ConditionalCheckFailed')],
    ['no reason at all', cancelled('None')],
    ['another error', new Error('another')],
  ])('is not repeated for %s', async (_, error) => {
    expect(await tries(error, 1)).toEqual({ tried: 1, outcome: error });
  });

  test('is given up after six attempts', async () => {
    const error = cancelled('TransactionConflict');
    expect(await tries(error, 5)).toEqual({ tried: 6, outcome: 'written' });
    expect(await tries(error, 6)).toEqual({ tried: 6, outcome: error });
  });
});

describe('reading many items', () => {
  const keys = Array.from({ length: 250 }, (_, id) => ({ id }));
  type Input = BatchGetCommand['input'];

  test('takes calls of at most 100 keys, all consistent, and repeats what was not processed', async () => {
    const sizes: number[] = [];
    const documents = clientOf(({ RequestItems = {} }: Input) => {
      const { Keys = [], ConsistentRead } = RequestItems['table'] ?? {};
      expect(ConsistentRead).toBe(true);
      sizes.push(Keys.length);
      // The first call of each batch does half.
      const done = Keys.length > 30 ? Keys.slice(0, Keys.length / 2) : Keys;
      const left = Keys.slice(done.length);
      return {
        Responses: { table: done },
        ...(left.length > 0 && { UnprocessedKeys: { table: { Keys: left } } }),
      };
    });
    const items = await batchGet(documents, 'table', keys);
    expect(items).toHaveLength(250);
    expect(new Set(items)).toEqual(new Set(keys));
    expect(Math.max(...sizes)).toBe(100);
  });

  test('fails as UNAVAILABLE where nothing is processed', async () => {
    let calls = 0;
    const documents = clientOf(() => {
      calls += 1;
      return { UnprocessedKeys: { table: { Keys: [{ id: 1 }] } } };
    });
    await expect(batchGet(documents, 'table', [{ id: 1 }])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(calls).toBe(6);
  });

  test('takes what comes after a call that processed nothing', async () => {
    const answers = [
      { UnprocessedKeys: { table: { Keys: [{ id: 1 }] } } },
      { Responses: { table: [{ id: 1 }] } },
    ];
    const documents = clientOf(() => answers.shift());
    expect(await batchGet(documents, 'table', [{ id: 1 }])).toEqual([{ id: 1 }]);
  });

  test('makes no call for no keys', async () => {
    const documents = clientOf(() => expect.fail('called'));
    expect(await batchGet(documents, 'table', [])).toEqual([]);
  });
});

test('deleting many items takes calls of at most 25, and repeats what was not processed', async () => {
  const deleted: unknown[] = [];
  let refuse = true;
  const documents = clientOf(({ RequestItems = {} }: BatchWriteCommand['input']) => {
    const requests = RequestItems['table'] ?? [];
    expect(requests.length).toBeLessThanOrEqual(25);
    const taken = refuse ? requests.slice(1) : requests;
    const left = refuse ? requests.slice(0, 1) : [];
    refuse = !refuse;
    deleted.push(...taken.map((request) => request.DeleteRequest?.Key));
    return left.length > 0 ? { UnprocessedItems: { table: left } } : {};
  });
  const keys = Array.from({ length: 60 }, (_, id) => ({ id }));
  await batchDelete(documents, 'table', keys);
  expect(deleted).toHaveLength(60);
  expect(new Set(deleted)).toEqual(new Set(keys));
});

test('a query is read page by page, each from where the last one ended', async () => {
  const pages = [
    { Items: [{ id: 1 }], LastEvaluatedKey: { id: 1 } },
    { LastEvaluatedKey: { id: 2 } },
    { Items: [{ id: 3 }, { id: 4 }] },
  ];
  const from: unknown[] = [];
  const read = (start: unknown) => {
    from.push(start);
    return pages[from.length - 1] ?? expect.fail('one page too many');
  };
  const found = [];
  for await (const page of pagesOf(async (start) => read(start))) found.push(page);
  expect(found).toEqual([[{ id: 1 }], [], [{ id: 3 }, { id: 4 }]]);
  expect(from).toEqual([undefined, { id: 1 }, { id: 2 }]);

  from.length = 0;
  const documents = clientOf(({ ExclusiveStartKey }: QueryCommand['input']) => read(ExclusiveStartKey));
  const items = await queryAll(
    documents,
    (start) => new QueryCommand({ TableName: 'table', ExclusiveStartKey: start }),
  );
  expect(items).toEqual([{ id: 1 }, { id: 3 }, { id: 4 }]);
});
