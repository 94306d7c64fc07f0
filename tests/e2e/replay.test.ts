/** Delivering records of the stream again: docs/operations.md. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { emulatorClient } from '../../local/emulators/aws-client.ts';
import { replayOptions } from '../../scripts/replay/replay-options.ts';
import { runReplay } from '../../scripts/replay/run-replay.ts';
import { runTrace, traceOptions } from '../../scripts/trace/run-trace.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';
import { acceptedMessage, restoreConversation } from '../support/restored-conversation.ts';

let parley: Parley;
let documents: DynamoDBDocumentClient;
let kinesis: KinesisClient;
let alice: Person;
let bob: Person;
let bobsSocket: ChatSocket;

beforeAll(async () => {
  parley = await Parley.start();
  const { endpoints, dataDirectory } = parley.runtime;
  vi.stubEnv('PARLEY_DATA', dataDirectory);
  documents = DynamoDBDocumentClient.from(
    new DynamoDBClient(emulatorClient(endpoints.dynamodb, parley.runtime)),
  );
  kinesis = new KinesisClient(emulatorClient(endpoints.kinesis, parley.runtime));
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
  bobsSocket = await bob.connect();
});
afterAll(async () => {
  documents.destroy();
  kinesis.destroy();
  await parley.close();
});

async function replay(...args: string[]): Promise<{ code: number; said: string }> {
  const options = replayOptions(args, new Date());
  if (options === undefined) throw new Error('Help was not wanted');
  const lines: string[] = [];
  const code = await runReplay(options, (line) => lines.push(line));
  return { code, said: lines.join('\n') };
}

async function stored(conversationId: string): Promise<[number, string][]> {
  const { body } = await alice.api.get<{ items: Message[] }>('/messages', { conversationId, after: 0 });
  return body.items.map(({ seq, content }) => [seq, content]);
}

test('what is not stored is stored once, in order, over a split of its shard; what is stored is left alone', async () => {
  const StreamName = parley.runtime.physicalName('Messages');
  const socket = await alice.connect();
  const kept = await alice.group('Kept', bob);
  await bobsSocket.message(await socket.say(kept, 'stored'));

  // Deliver gives these up at once, since their conversation is gone; later it comes back without them.
  const lost = `cnv_${randomUUID()}`;
  const messages = ['one', 'two', 'three', 'four'].map((content) => acceptedMessage(lost, alice.id, content));
  const put = async (from: number, to: number) => {
    for (const message of messages.slice(from, to)) {
      const Data = Buffer.from(JSON.stringify(message));
      await kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: lost, Data }));
    }
  };
  await put(0, 2);
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  for (const { ShardId, HashKeyRange } of Shards) {
    const middle =
      (BigInt(HashKeyRange?.StartingHashKey ?? 0) + BigInt(HashKeyRange?.EndingHashKey ?? 0)) / 2n;
    await expect
      .poll(() =>
        kinesis
          .send(
            new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: String(middle) }),
          )
          .then(
            () => 'split',
            (error: Error) => error.name,
          ),
      )
      .toBe('split');
  }
  await expect
    .poll(async () => (await kinesis.send(new ListShardsCommand({ StreamName }))).Shards?.length)
    .toBe(3 * Shards.length);
  await put(2, 4);
  // When this one is through, so are those before it.
  await bobsSocket.message(await socket.say(kept, 'stored too'));
  await expect.poll(() => parley.logLines.filter((line) => line.includes('dead letter')).length).toBe(4);
  await restoreConversation(documents, parley, lost, [alice, bob]);

  const dry = await replay('--from', '1h');
  expect(dry.said).toMatch(/6 records of 2 conversations:\n +\d+ {2}/);
  expect(dry.said).toContain('     4  not stored');
  expect(dry.said).toContain('     2  stored');
  expect(dry.said).toContain('dry run');
  expect(await stored(lost)).toEqual([]);

  const run = await replay('--from', '1h', '--run');
  expect(run).toMatchObject({ code: 0, said: expect.stringContaining('4 records were put') });
  expect(run.said).toContain('4 messages and changes are stored now that were not before.');
  const inOrder = ['one', 'two', 'three', 'four'].map((content, index) => [index + 1, content]);
  expect(await stored(lost)).toEqual(inOrder);
  for (const { messageId } of messages) await bobsSocket.message(messageId);

  const again = await replay('--from', '1h', '--run');
  expect(again.said).toContain('0 records were put');
  expect(again.said).not.toContain('not stored');
  expect(await stored(lost)).toEqual(inOrder);
});

test('with --redeliver everybody is told again, and nothing is stored again', async () => {
  const socket = await alice.connect();
  const conversationId = await alice.dm(bob);
  const from = new Date().toISOString();
  const messageId = await socket.say(conversationId, 'again');
  await bobsSocket.message(messageId);
  const timesTold = () =>
    bobsSocket.messages(conversationId).filter((message) => message.messageId === messageId).length;
  expect(timesTold()).toBe(1);
  const { said } = await replay('--from', from, '--run', '--redeliver');
  expect(said).toContain('1 records were put');
  await expect.poll(timesTold).toBe(2);
  expect(await stored(conversationId)).toEqual([[1, 'again']]);
});

test('a change that is made is left alone, and made once when it is put again', async () => {
  const socket = await alice.connect();
  const conversationId = await alice.dm(bob);
  const { seq } = await bobsSocket.message(await socket.say(conversationId, 'to be changed'));
  const from = new Date().toISOString();
  for (const content of ['once', 'twice']) {
    await socket.request({ action: 'editMessage', conversationId, seq, content });
  }
  const told = () =>
    bobsSocket.received.filter((frame) => frame.type === 'messageChanged').at(-1)?.lastRevision;
  await expect.poll(told).toBe(2);
  const left = await replay('--from', from, '--run');
  expect(left.said).toContain('     2  stored');
  expect(left.said).toContain('0 records were put');
  const heard = bobsSocket.received.length;
  await replay('--from', from, '--run', '--redeliver');
  await expect.poll(() => bobsSocket.received.length).toBeGreaterThan(heard);
  expect((await stored(conversationId)).at(-1)).toEqual([seq, 'twice']);
  expect(told()).toBe(2);
});

test('a message is traced through the tables, without what was said', async () => {
  const socket = await alice.connect();
  const conversationId = await alice.group('Traced', bob);
  const messageId = await socket.say(conversationId, 'a secret');
  await bobsSocket.message(messageId);
  const traced = async (id: string) => {
    const options = traceOptions(['--message', id, '--sender', alice.id], new Date());
    if (options === undefined) throw new Error('Help was not wanted');
    const lines: string[] = [];
    await runTrace(options, (line) => lines.push(line));
    return lines.join('\n');
  };
  // Rows are written before anybody is told.
  const text = await traced(messageId);
  expect(text).toContain(`Idempotency record: 1 of ${conversationId}`);
  expect(text).toContain(`${alice.id}: inbox row has it, read`);
  expect(text).toContain(`${bob.id}: inbox row has it, unread`);
  expect(text).not.toContain('a secret');
  expect(await traced('never-sent')).toContain('Not stored');
});

test('one shard can be read, from a record on', async () => {
  const conversationId = await alice.dm(bob);
  const put = (content: string) =>
    kinesis.send(
      new PutRecordCommand({
        StreamName: parley.runtime.physicalName('Messages'),
        PartitionKey: conversationId,
        Data: Buffer.from(JSON.stringify(acceptedMessage(conversationId, alice.id, content))),
      }),
    );
  await put('before');
  const { ShardId = '', SequenceNumber = '' } = await put('from here on');
  await put('after');
  const { said } = await replay('--shard', ShardId, '--from-sequence', SequenceNumber);
  expect(said).toContain('2 records of 1 conversations');
  await expect(replay('--shard', 'shardId-000000000099')).rejects.toThrow('has no shard');
});

test.each([
  [[], 'Give --from'],
  [['--from', 'yesterday'], '--from is a time'],
  [['--from', '2026-11-24 10:00'], '--from is a time'],
  [['--from-sequence', '1'], 'goes with --shard'],
  [['--from', '1h', '--to', '2h'], 'before --to'],
  [['--from', '1h', '--run', '--dry-run'], 'Either'],
])('%j is refused', (args, message) => {
  expect(() => replayOptions(args, new Date())).toThrow(message);
});
