/** What the functions write to their logs while a whole Parley is used, at the most talkative level. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { functionNames } from '../../infra/functions.ts';
import { storeClients } from '../../local/emulators/aws-client.ts';
import { type MetricName, metricsNamespace, metricUnits } from '../../shared/domain/metrics.ts';
import type { ChatSocket } from '../support/chat-socket.ts';
import { deadlineMs } from '../support/deadline.ts';
import { Parley } from '../support/parley.ts';
import type { Person } from '../support/person.ts';

type Line = Record<string, unknown>;

let parley: Parley;
let alice: Person;
let bob: Person;
let conversationId: string;
let messageId: string;

/** Marks text that belongs in no log, wherever it was put. */
const marked = () => `marked-${crypto.randomUUID()}`;
const marks: string[] = [];
function mark(): string {
  const text = marked();
  marks.push(text);
  return text;
}

beforeAll(async () => {
  parley = await Parley.start({ environment: { POWERTOOLS_LOG_LEVEL: 'DEBUG' } });
  [alice, bob] = await Promise.all([parley.register('alice'), parley.register('bob')]);
  const [alices, bobs] = await Promise.all([alice.connect(), bob.connect()]);
  conversationId = await alice.dm(bob);
  messageId = await alices.say(conversationId, mark());
  await bobs.message(messageId);

  await useEverything(bobs);
  await sendAgain(alices);
  await provokeErrors(alices);
  await putUnreadableRecord();
  await putFanOutJob();
  await eraseSomebody();
  await Promise.all([alices.close(), bobs.close()]);
  await allLogged();
}, 60_000);
afterAll(() => parley?.close());

async function useEverything(bobs: ChatSocket): Promise<void> {
  await bobs.request({ action: 'markRead', conversationId, seq: 1 });
  await bobs.request({ action: 'sync', conversations: [{ conversationId, afterSeq: 0 }] }, 'sync');
  // Carol is never connected.
  const carol = await parley.register('carol');
  const groupId = await alice.group(mark(), bob, carol);
  await alice.api.post('/messages', { conversationId: groupId, messageId: 'from-a-bot', content: mark() });
  await alice.api.patch('/users/me', { displayName: mark() });
  await bob.api.get(`/conversations/${conversationId}`);
  await alice.api.get('/health');
}

async function sendAgain(alices: ChatSocket): Promise<void> {
  const retried = await alices.say(conversationId, mark());
  await alices.message(retried);
  const content = alices.messages().find((message) => message.messageId === retried)?.content ?? '';
  alices.received.length = 0;
  await alices.say(conversationId, content, retried);
  await alices.message(retried);
}

/** Secrets where none belong, and in each place where an error could repeat them. */
async function provokeErrors(alices: ChatSocket): Promise<void> {
  await parley.api().post('/login', { username: 'alice', password: mark() });
  await parley.api().post('/login', { username: 'alice', password: mark(), token: mark() });
  await alice.api.raw('POST', '/messages', `{"content":"${mark()}`);
  await alice.api.post('/messages', { conversationId: mark().repeat(3), messageId, content: mark() });
  await parley.api(mark()).get('/users/me');
  await parley.connect({ protocols: ['parley.v1', `bearer.${mark()}`] }).catch(() => undefined);
  for (const frame of [
    { action: 'sendMessage', conversationId, messageId: 'm', content: mark(), further: mark() },
    { action: 'sendMessage', conversationId, messageId: `not an id: ${mark()}`, content: mark() },
    { action: mark() },
    { action: 'sendMessage', conversationId: 'cnv_of_others', messageId: 'm', content: mark() },
  ]) {
    alices.send(frame);
    await alices.next('error');
  }
  alices.sendText(`not JSON: ${mark()}`);
  await alices.next('error');
  // More at once than the bucket of 20 holds, and what it gains meanwhile.
  const requestIds = Array.from({ length: 60 }, (_, index) => `hurry-${index}`);
  for (const requestId of requestIds) alices.send({ action: 'markRead', conversationId, seq: 1, requestId });
  await Promise.all(requestIds.map((requestId) => alices.replyTo(requestId)));
}

async function putUnreadableRecord(): Promise<void> {
  const { kinesis } = storeClients(parley.runtime);
  await kinesis.send(
    new PutRecordCommand({
      StreamName: parley.runtime.physicalName('Messages'),
      PartitionKey: 'p',
      Data: Buffer.from(`{"content":"${mark()}"}`),
    }),
  );
  kinesis.destroy();
  await eventually(() => metricLines('DeadLetters').length > 0, 'the dead letter');
}

/** For a slice without connections of a group that has none: making a large one would take the longest of all. */
async function putFanOutJob(): Promise<void> {
  const { sqs } = storeClients(parley.runtime);
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: parley.runtime.physicalName('FanOutJobs'),
      MessageBody: JSON.stringify({ version: 1, conversationId, bucket: 0, fromSeq: 1, toSeq: 1 }),
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    }),
  );
  sqs.destroy();
  await eventually(() => invocationsOf('stream-fanout').length > 0, 'the fan-out job');
}

/** What is left of her then waits for a minute, which is longer than this test. */
async function eraseSomebody(): Promise<void> {
  const zoe = await parley.register('zoe');
  await zoe.api.patch('/users/me', { displayName: mark() });
  await zoe.erase();
  await eventually(() => invocationsOf('stream-erase').length > 0, 'the first slice of the erasure');
}

/** Log lines come through pipes, and so a little after what they tell of. */
async function eventually(condition: () => boolean, what: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error(`Still waiting for ${what}`);
    },
    { timeout: deadlineMs, interval: 20 },
  );
}

async function allLogged(): Promise<void> {
  await eventually(
    () =>
      invocationsOf('websocket-disconnect').length === 2 &&
      functionNames.every((name) => invocationsOf(name).length === countedInvocations().get(name)),
    'a line for each invocation',
  );
}

/** The functions' lines that are JSON, as all of ours are. */
function lines(): Line[] {
  return parley.logLines.flatMap((line) => {
    const json = line.slice(line.indexOf(' ') + 1);
    return json.startsWith('{') ? [JSON.parse(json) as Line] : []; // A JSON object is one.
  });
}

function invocationsOf(name: string): Line[] {
  return lines().filter((line) => line['message'] === 'invocation' && line['service'] === name);
}

/** By the functions' names, which their logical ids end in a hash of 8 characters of. */
function countedInvocations(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { functionName } of parley.invocations) {
    const name = functionNames.find((one) =>
      functionName.toLowerCase().startsWith(`${one.replaceAll('-', '')}function`),
    );
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function metricLines(metric: MetricName): Line[] {
  return lines().filter((line) => '_aws' in line && metric in line);
}

function values(metric: MetricName): number[] {
  return metricLines(metric).flatMap((line) => [line[metric]].flat().map(Number));
}

test('no line tells a message, a password or a token, not even in an error', () => {
  expect(marks.length).toBeGreaterThan(15);
  parley.secrets.add(...marks);
  expect(parley.leaks()).toEqual([]);
});

test('no event tells a message either', () => {
  const events = readFileSync(join(parley.runtime.dataDirectory, 'events.jsonl'), 'utf8').trim().split('\n');
  expect(events).toHaveLength(1);
  expect(events[0]).toContain('"detail-type":"MessageForOfflineMember"');
  expect(parley.secrets.leaksIn(events)).toEqual([]);
});

test.each(functionNames)('%s writes one line for each of its invocations', (name) => {
  expect(countedInvocations().get(name)).toBeGreaterThan(0);
  expect(invocationsOf(name)).toHaveLength(countedInvocations().get(name) ?? 0);
  for (const line of invocationsOf(name)) {
    expect(line).toMatchObject({
      level: 'INFO',
      timestamp: expect.any(String),
      invocationId: expect.any(String),
      outcome: expect.any(String),
      durationMs: expect.any(Number),
    });
  }
});

test('a message can be followed from its connection through the stream to the sockets it was pushed to', () => {
  const connectionOf = (person: Person) =>
    invocationsOf('websocket-connect').find((line) => line['userId'] === person.id)?.['connectionId'];
  const [sent, ...others] = invocationsOf('websocket-send').filter((line) => line['messageId'] === messageId);
  expect(others).toEqual([]);
  expect(sent).toMatchObject({
    route: 'sendMessage',
    requestId: expect.any(String),
    connectionId: connectionOf(alice),
    userId: alice.id,
    conversationId,
    outcome: 'ok',
  });
  const delivered = invocationsOf('stream-deliver').find((line) =>
    JSON.stringify(line['stored'] ?? '').includes(messageId),
  );
  expect(delivered).toMatchObject({
    records: 1,
    stored: [{ conversationId, messageId, seq: 1 }],
    pushed: expect.arrayContaining([
      expect.objectContaining({ connectionId: connectionOf(alice), messageId }),
      expect.objectContaining({ connectionId: connectionOf(bob), messageId }),
    ]),
  });
});

test('a message over HTTP can be followed by the same names', () => {
  const sent = invocationsOf('http-messages').find((line) => line['messageId'] === 'from-a-bot');
  expect(sent).toMatchObject({ route: 'POST /messages', requestId: expect.any(String), userId: alice.id });
});

test('each step is a line of its own at DEBUG', () => {
  const steps = lines().filter((line) => line['level'] === 'DEBUG' && line['messageId'] === messageId);
  expect(steps.map((line) => line['message'])).toEqual(expect.arrayContaining(['stored', 'pushed']));
});

describe('metrics', () => {
  test('are lines that CloudWatch makes metrics of, with the stage as their only dimension', () => {
    for (const line of lines().filter((one) => '_aws' in one)) {
      const { _aws, stage, ...metrics } = line;
      expect(stage).toBe('local');
      const Metrics = Object.keys(metrics).map((Name) => ({
        Name,
        Unit: metricUnits[Name as MetricName], // Another name has no unit, and fails the comparison.
      }));
      expect(_aws).toEqual({
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [{ Namespace: metricsNamespace, Dimensions: [['stage']], Metrics }],
      });
    }
  });

  test('count what happened', () => {
    const sum = (metric: MetricName) => values(metric).reduce((total, value) => total + value, 0);
    expect({
      MessagesAccepted: sum('MessagesAccepted'),
      MessagesStored: sum('MessagesStored'),
      Duplicates: sum('Duplicates'),
      DeadLetters: sum('DeadLetters'),
      PushFailures: sum('PushFailures'),
      OfflineEvents: sum('OfflineEvents'),
    }).toEqual({
      // The first, the one that was sent again, its repeat, and the bot's.
      MessagesAccepted: 4,
      MessagesStored: 3,
      Duplicates: 1,
      DeadLetters: 1,
      PushFailures: 0,
      OfflineEvents: 1,
    });
    expect(sum('RateLimited')).toBeGreaterThan(0);
    // Each message went to both.
    expect(values('PushLatency')).toHaveLength(6);
    for (const latency of values('PushLatency')) {
      expect(latency).toBeGreaterThanOrEqual(0);
      expect(latency).toBeLessThan(60_000);
    }
  });
});
