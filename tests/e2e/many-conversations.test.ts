import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { expectProblem } from '../support/problem.ts';

let parley: Parley;
let alice: Person;
let bob: Person;
let group: string;

beforeAll(async () => {
  parley = await Parley.start();
  [alice, bob] = [await parley.register('alice'), await parley.register('bob')];
  group = await alice.group('Lunch');
  // As if she were in all of them by now: making 10,000 conversations would take minutes.
  const dynamodb = new DynamoDBClient(emulatorClient(parley.runtime.endpoints.dynamodb, parley.runtime));
  const now = Date.now();
  await DynamoDBDocumentClient.from(dynamodb).send(
    new PutCommand({
      TableName: parley.runtime.tableNames['ConversationCounts'],
      Item: { userId: alice.id, conversations: limits.conversationsPerUser, takenAt: now, countedAt: now },
    }),
  );
  dynamodb.destroy();
});
afterAll(() => parley?.close());

test('who is in 10,000 conversations can neither join nor make another, until one of them is left', async () => {
  const make = () => alice.api.post('/conversations', { type: 'GROUP', title: 'More', memberIds: [] });
  const refusals = [
    make,
    () => alice.api.post('/conversations', { type: 'DM', memberIds: [bob.id] }),
    () => bob.api.post('/conversations', { type: 'DM', memberIds: [alice.id] }),
    () => bob.api.post('/conversations', { type: 'GROUP', title: 'More', memberIds: [alice.id] }),
  ];
  for (const ask of refusals) expectProblem(await ask(), 'CONFLICT');
  const others = await bob.group('Others');
  const add = () => bob.api.post(`/conversations/${others}/members`, { userIds: [alice.id] });
  expectProblem(await add(), 'CONFLICT');

  expect((await alice.api.delete(`/conversations/${group}/members/${alice.id}`)).status).toBe(204);
  expect((await add()).status).toBe(200);
  expectProblem(await make(), 'CONFLICT');
});
