/** What an operator does with records that could not be processed: docs/operations.md. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { commandOf } from '../../scripts/dead-letters/dlq-command.ts';
import { runDlqCommand } from '../../scripts/dead-letters/run-command.ts';
import { runVerify, type VerifyOptions, verifyOptions } from '../../scripts/verify/run-verify.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { acceptedMessage, restoreConversation } from '../support/restored-conversation.ts';
import { runScript } from '../support/script.ts';

let parley: Parley;
let documents: DynamoDBDocumentClient;
let kinesis: KinesisClient;
let sqs: SQSClient;
let alice: Person;
let bob: Person;
let bobsSocket: ChatSocket;

beforeAll(async () => {
  // The retries of a record that fails every time are to be used up soon.
  parley = await Parley.start({ backoff: () => 5 });
  const { endpoints, dataDirectory } = parley.runtime;
  vi.stubEnv('PARLEY_DATA', dataDirectory);
  documents = DynamoDBDocumentClient.from(
    new DynamoDBClient(emulatorClient(endpoints.dynamodb, parley.runtime)),
  );
  kinesis = new KinesisClient(emulatorClient(endpoints.kinesis, parley.runtime));
  sqs = new SQSClient(emulatorClient(endpoints.sqs, parley.runtime));
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
  bobsSocket = await bob.connect();
});
afterAll(async () => {
  for (const client of [documents, kinesis, sqs]) client.destroy();
  await parley.close();
});

/** `npm run dlq -- …`, without the start of a process. */
async function dlq(...args: string[]): Promise<{ code: number; stdout: string }> {
  const command = commandOf(args);
  if (command === undefined) throw new Error('Help was not wanted');
  let stdout = '';
  const code = await runDlqCommand(command, (line) => {
    stdout += `${line}\n`;
  });
  return { code, stdout };
}

/** Lines of the list, once there are `count`. */
async function listed(count: number): Promise<string[]> {
  for (;;) {
    const { stdout } = await dlq('list');
    const lines = stdout.split('\n').filter((line) => /^[0-9a-f]{10} /.test(line));
    if (lines.length >= count) return lines;
  }
}

const idIn = (line: string | undefined): string => line?.slice(0, 10) ?? '';

async function putRecord(partitionKey: string, data: string): Promise<void> {
  await kinesis.send(
    new PutRecordCommand({
      StreamName: parley.runtime.physicalName('Messages'),
      PartitionKey: partitionKey,
      Data: Buffer.from(data),
    }),
  );
}

async function stored(conversationId: string): Promise<Message[]> {
  const { body } = await alice.api.get<{ items: Message[] }>('/messages', { conversationId, after: 0 });
  return body.items;
}

async function setActivity(conversationId: string, lastActivityAt: string): Promise<void> {
  await documents.send(
    new UpdateCommand({
      TableName: parley.runtime.tableNames['Conversations'],
      Key: { conversationId },
      UpdateExpression: 'SET lastActivityAt = :at',
      ExpressionAttributeValues: { ':at': lastActivityAt },
    }),
  );
}

beforeEach(async () => {
  await dlq('discard', '--all', '--yes');
});

describe('a conversation whose records fail again and again', () => {
  test('holds up no other; mended and redriven, they are stored once, in order, and pushed', async () => {
    const broken = await alice.group('Broken', bob);
    const healthy = await alice.group('Healthy', bob);
    const socket = await alice.connect();
    // No time can be made of this, so that each delivery throws.
    await setActivity(broken, 'never');
    for (const content of ['one', 'two', 'three']) await socket.say(broken, content, `${content}-${broken}`);
    const neighbours = ['four', 'five'].map((content) => `${content}-${healthy}`);
    for (const messageId of neighbours) await socket.say(healthy, 'meanwhile', messageId);
    for (const messageId of neighbours) await bobsSocket.message(messageId);
    expect(await stored(broken)).toEqual([]);

    const lines = await listed(1);
    await expect.poll(async () => recordsIn(await listed(1)), { timeout: 20_000 }).toBe(3);
    expect(lines[0]).toContain('failure bucket');
    expect(lines[0]).toContain('RetryAttemptsExhausted');
    expect(lines[0]).toContain(broken);

    const found: string[] = [];
    const mend = ['--conversation', broken, '--repair'];
    expect(await runVerify(optionsOf(mend), (line) => found.push(line))).toBe(1);
    expect(found.join('\n')).toMatch(/head.lastActivityAt: found never, expected \S+ \(mended\)/);
    expect(await runVerify(optionsOf(mend), () => {})).toBe(0);
    const dry = await dlq('redrive', '--all', '--dry-run');
    expect(dry.stdout).toContain('would redrive');
    expect(recordsIn(await listed(1))).toBe(3);
    const { code, stdout } = await dlq('redrive', '--all');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('0 failed') });
    for (const content of ['one', 'two', 'three']) await bobsSocket.message(`${content}-${broken}`);
    expect((await stored(broken)).map(({ seq, content }) => [seq, content])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
    expect((await dlq('list')).stdout).toContain('No dead letters.');
  });
});

describe('a record without its conversation', () => {
  test('is a dead letter at once; redriven too early it is one again, and mended it is stored', async () => {
    const conversationId = `cnv_${randomUUID()}`;
    const message = acceptedMessage(conversationId, alice.id, 'for whom it may concern');
    await putRecord(conversationId, JSON.stringify(message));
    const [line] = await listed(1);
    expect(line).toContain('dead-letter queue');
    expect(line).toContain(`There is no conversation ${conversationId}`);

    const page = await dlq('show', idIn(line));
    expect(page.stdout).toContain(message.messageId);
    expect(page.stdout).not.toContain(message.content);
    expect((await dlq('show', idIn(line), '--content')).stdout).toContain(message.content);

    await dlq('redrive', idIn(line));
    const [again] = await listed(1);
    expect(idIn(again)).not.toBe(idIn(line));

    await restoreConversation(documents, parley, conversationId, [alice, bob]);
    expect((await dlq('redrive', idIn(again))).code).toBe(0);
    await bobsSocket.message(message.messageId);
    expect(await stored(conversationId)).toMatchObject([{ seq: 1, content: message.content }]);
  });

  test('redriven twice, as after a crash before its deletion, is stored once', async () => {
    const conversationId = `cnv_${randomUUID()}`;
    const message = acceptedMessage(conversationId, alice.id, 'twice');
    for (let put = 0; put < 2; put += 1) await putRecord(conversationId, JSON.stringify(message));
    expect(await listed(2)).toHaveLength(2);
    await restoreConversation(documents, parley, conversationId, [alice, bob]);
    await dlq('redrive', '--all');
    await bobsSocket.message(message.messageId);
    await (await alice.connect()).say(conversationId, 'after it', `after-${conversationId}`);
    await bobsSocket.message(`after-${conversationId}`);
    expect((await stored(conversationId)).map(({ content }) => content)).toEqual(['twice', 'after it']);
  });
});

describe('what cannot be read', () => {
  test('is shown, redriven in vain, and discarded after a question', async () => {
    await putRecord('anything', 'not a message, but secret');
    const [line] = await listed(1);
    expect(line).toContain('neither a message nor a change');
    const page = await dlq('show', idIn(line));
    expect(page.stdout).toContain('cannot be read');
    expect(page.stdout).not.toContain('secret');

    const unasked = await runScript('dlq.ts', ['discard', idIn(line)], {
      PARLEY_DATA: parley.runtime.dataDirectory,
    });
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
    expect(await listed(1)).toEqual([line]);
    expect((await dlq('discard', idIn(line), '--dry-run')).stdout).toContain('would discard');
    expect(await listed(1)).toEqual([line]);
    expect((await dlq('discard', idIn(line), '--yes')).code).toBe(0);
    expect((await dlq('list')).stdout).toContain('No dead letters.');
  });

  test('stays where it is when something else wrote it into the queue', async () => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: parley.runtime.physicalName('DeadLetters'),
        MessageBody: 'hello',
      }),
    );
    const [line] = await listed(1);
    const { code, stdout } = await dlq('redrive', '--all');
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining('FAILED, and kept') });
    expect(await listed(1)).toEqual([line]);
  });
});

test('more fan-out jobs of one slice than can be seen at once are all redriven', async () => {
  const conversationId = await alice.group('Fan-out', bob);
  for (let seq = 1; seq <= 12; seq += 1) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: parley.runtime.physicalName('FanOutDeadLetters'),
        MessageBody: JSON.stringify({ version: 1, conversationId, bucket: 3, fromSeq: seq, toSeq: seq }),
        MessageGroupId: `${conversationId}#3`,
        MessageDeduplicationId: `${conversationId}:${seq}`,
      }),
    );
  }
  expect((await dlq('list')).stdout).toContain('fan-out dead-letter queue');
  const { stdout } = await dlq('redrive', '--all');
  expect(stdout).toContain('12 redriven, 0 failed.');
  expect((await dlq('list')).stdout).toContain('No dead letters.');
});

test('a user who could not be erased is named, and erased once that is redriven', async () => {
  const gone = await parley.register('gone');
  const conversationId = await alice.group('Still here', gone);
  const hers = await alice.connect();
  const messageBody = { version: 1, userId: gone.id };
  for (const body of [JSON.stringify(messageBody), 'no job']) {
    const QueueUrl = parley.runtime.physicalName('ErasureDeadLetters');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  }
  const lines = await listed(2);
  const line = lines.find((one) => one.includes(gone.id));
  expect(line).toContain('erasure dead-letter queue  1 record');
  expect((await dlq('show', idIn(line))).stdout).toContain(gone.id);
  expect((await dlq('redrive', '--all')).stdout).toContain('1 redriven, 1 failed.');
  const { memberCount } = await hers.next(
    'conversationChanged',
    (event) => event.conversationId === conversationId,
  );
  expect(memberCount).toBe(1);
  expect((await gone.api.get('/users/me')).status).toBe(401);
});

test('a wrong command says what is right', async () => {
  await expect(dlq('mend')).rejects.toThrow('list, show, redrive, discard');
  await expect(dlq('redrive')).rejects.toThrow('--all');
  await expect(dlq('show', '0123456789')).rejects.toThrow('No dead letter');
  expect(await runScript('dlq.ts', ['list'], { PARLEY_DATA: '/nowhere' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm start'),
  });
});

function optionsOf(args: string[]): VerifyOptions {
  const options = verifyOptions(args);
  if (options === undefined) throw new Error('Help was not wanted');
  return options;
}

function recordsIn(lines: string[]): number {
  return lines
    .map((line) => Number(/ (\d+) records? /.exec(line)?.[1]))
    .reduce((sum, count) => sum + count, 0);
}
