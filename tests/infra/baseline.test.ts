/** A release deploys over the one before it without losing anything: see "Upgrading" in docs/deploying.md. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tableNames } from '../../infra/tables.ts';
import { lossesBetween } from '../../scripts/baseline/compare.ts';
import { type Kept, keptIn } from '../../scripts/baseline/kept-resources.ts';
import { keptStages, readBaseline } from '../../scripts/baseline.ts';

const assembly = (stage: string) => join(import.meta.dirname, '../../cdk.out', stage);

describe.each(keptStages)('stage %s', (stage) => {
  test('keeps what the last release deployed', () => {
    expect(lossesBetween(readBaseline()[stage] ?? {}, keptIn(assembly(stage)))).toEqual([]);
  });

  test('is in the baseline, with every table', () => {
    const tables = Object.values(readBaseline()[stage]?.['ParleyData']?.resources ?? {}).filter(
      ({ type }) => type === 'AWS::DynamoDB::Table',
    );
    expect(tables.length).toBeGreaterThan(0);
    expect(tables.length).toBeLessThanOrEqual(tableNames.length);
  });
});

describe('a change that would lose something', () => {
  const now = keptIn(assembly('prod'));

  /** What is said about a release that differs from `prod` by `change`. */
  function said(change: (kept: Kept) => void): string {
    const next = structuredClone(now);
    change(next);
    return lossesBetween(now, next).join('\n');
  }
  const data = (kept: Kept) => {
    const stack = kept['ParleyData'];
    if (stack === undefined) throw new Error('There is no stack ParleyData');
    return stack;
  };
  const idOf = (pattern: RegExp) => {
    const id = Object.keys(data(now).resources).find((one) => pattern.test(one));
    if (id === undefined) throw new Error(`Nothing in ParleyData is like ${pattern}`);
    return id;
  };
  const change = (id: string, property: string, value: unknown) => (kept: Kept) => {
    Object.assign(data(kept).resources[id]?.properties ?? {}, { [property]: value });
  };

  test.each([
    [
      'the keys of a table',
      idOf(/^MessagesByConversation/),
      'KeySchema',
      [{ AttributeName: 'id', KeyType: 'HASH' }],
    ],
    ['the type of a key', idOf(/^MessagesByConversation/), 'AttributeDefinitions', []],
    ['a local index', idOf(/^ConversationsByUser/), 'LocalSecondaryIndexes', []],
    ['the name of a table', idOf(/^Users/), 'TableName', 'users'],
    ['the name of the stream', idOf(/^Messages[0-9A-F]{8}$/), 'Name', 'messages'],
    ['the kind of a queue', idOf(/^DeadLetters/), 'FifoQueue', true],
    ['the name of a bucket', idOf(/^FailedRecords/), 'BucketName', 'failed'],
    ['the name of a secret', idOf(/^TokenSecret/), 'Name', 'token'],
  ])('%s', (_, id, property, value) => {
    const told = said(change(id, property, value));
    expect(told).toContain(`ParleyData/${id}`);
    expect(told).toContain(`"${property}" was`);
    expect(told).toContain('new, empty one');
  });

  test.each(Object.keys(data(now).resources))('%s removed or renamed', (id) => {
    const told = said((kept) => {
      const { [id]: moved, ...others } = data(kept).resources;
      if (moved === undefined) throw new Error('Just listed');
      data(kept).resources = { ...others, [`${id}Renamed`]: moved };
    });
    expect(told).toContain(`ParleyData/${id}`);
    expect(told).toContain('is gone');
  });

  test('the type of a resource', () => {
    const id = idOf(/^Users/);
    const told = said((kept) => {
      Object.assign(data(kept).resources[id] ?? {}, { type: 'AWS::DynamoDB::GlobalTable' });
    });
    expect(told).toContain('becomes AWS::DynamoDB::GlobalTable');
  });

  test('the name of a stack, or a whole stack', () => {
    expect(said((kept) => Object.assign(data(kept), { stackName: 'Chat' }))).toContain('is now called Chat');
    expect(said((kept) => delete kept['ParleyService'])).toContain('The stack ParleyService is gone');
  });

  test('an export that the deployed service still imports', () => {
    expect(data(now).exports.length).toBeGreaterThan(0);
    expect(said((kept) => data(kept).exports.shift())).toContain('exportValue');
  });

  test('an API, whose address clients know', () => {
    const apis = Object.entries(now['ParleyService']?.resources ?? {});
    expect(apis.map(([, { type }]) => type)).toEqual(['AWS::ApiGatewayV2::Api', 'AWS::ApiGatewayV2::Api']);
  });
});

test('something new beside the old is no loss', () => {
  const now = keptIn(assembly('prod'));
  const next = structuredClone(now);
  Object.assign(next['ParleyData']?.resources ?? {}, {
    Another: { type: 'AWS::SQS::Queue', properties: {} },
  });
  next['ParleyData']?.exports.push('Another');
  expect(lossesBetween(now, next)).toEqual([]);
});
