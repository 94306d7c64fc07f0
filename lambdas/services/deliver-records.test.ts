import { beforeEach, expect, test } from 'vitest';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import type { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { MetricName } from '../../shared/domain/metrics.ts';
import type { DeadLetterQueue } from '../stores/dead-letter-queue.ts';
import { ConversationGone } from './conversation-states.ts';
import type { DeliverChanges } from './deliver-changes.ts';
import type { DeliverMessages } from './deliver-messages.ts';
import { DeliverRecords, type StreamRecord } from './deliver-records.ts';

let delivered: string[];
let letters: unknown[];
let counted: MetricName[];
let reported: string[];
/** Which of the messages and changes fails: the first one, by `acceptId`. */
let failsFrom: string | undefined;
let error: Error | undefined;
let queueFails: boolean;
let underWay: number;
let most: number;

beforeEach(() => {
  [delivered, letters, counted, reported] = [[], [], [], []];
  [underWay, most] = [0, 0];
  [failsFrom, error, queueFails] = [undefined, undefined, false];
});

function newDeliver(): DeliverRecords {
  const deliver = async <T extends { acceptId: string }>(conversationId: string, all: T[]) => {
    delivered.push(`${conversationId}: ${all.map(({ acceptId }) => acceptId).join(' ')}`);
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    if (error !== undefined && conversationId === 'cnv_bad') throw error;
    return all.find(({ acceptId }) => acceptId === failsFrom);
  };
  const messages: Pick<DeliverMessages, 'deliver'> = {
    deliver: (id, all: AcceptedMessage[]) => deliver(id, all),
  };
  const changes: Pick<DeliverChanges, 'deliver'> = {
    deliver: (id, all: AcceptedChange[]) => deliver(id, all),
  };
  const deadLetters: Pick<DeadLetterQueue, 'put'> = {
    put: async (letter) => {
      if (queueFails) throw new Error('away');
      letters.push(letter);
    },
  };
  return new DeliverRecords({
    messages: messages as DeliverMessages, // All that it uses of each.
    changes: changes as DeliverChanges,
    deadLetters: deadLetters as DeadLetterQueue,
    report: (what) => reported.push(what),
    count: (metric) => counted.push(metric),
  });
}

const acceptedAt = '2026-11-24T10:00:00.000Z';
function record(acceptId: string, value: object | string): StreamRecord {
  const text =
    typeof value === 'string' ? value : JSON.stringify({ version: 1, acceptId, acceptedAt, ...value });
  return {
    sequenceNumber: acceptId,
    eventId: `shard:${acceptId}`,
    partitionKey: 'key',
    data: Buffer.from(text).toString('base64'),
  };
}
const message = (acceptId: string, conversationId = 'cnv_1') =>
  record(acceptId, { conversationId, senderId: 'usr_a', messageId: acceptId, type: 'text', content: 'ü' });
const change = (acceptId: string, conversationId = 'cnv_1') =>
  record(acceptId, { kind: 'change', conversationId, seq: 1, userId: 'usr_a', change: { type: 'delete' } });

test('each conversation gets its messages and its changes, in order', async () => {
  const batch = [message('a'), change('b'), message('c', 'cnv_2'), message('d'), change('e')];
  expect(await newDeliver().deliver(batch)).toEqual([]);
  expect(delivered.sort()).toEqual(['cnv_1: a d', 'cnv_1: b e', 'cnv_2: c']);
});

test('from the first that failed all of its kind come again', async () => {
  const batch = [message('a'), message('b'), change('c'), message('d'), message('e', 'cnv_2')];
  failsFrom = 'b';
  expect(await newDeliver().deliver(batch)).toEqual([batch[1], batch[3]]);
});

test('what fails as a whole comes again, is reported, and costs nobody else anything', async () => {
  const batch = [message('a', 'cnv_bad'), message('b'), message('c', 'cnv_bad')];
  error = new Error('away');
  expect(await newDeliver().deliver(batch)).toEqual([batch[0], batch[2]]);
  expect([reported, letters]).toEqual([['records could not be delivered'], []]);
});

test('what no retry can help is set aside, whole', async () => {
  const batch = [message('a', 'cnv_bad'), record('b', 'nonsense'), message('c')];
  error = new ConversationGone('cnv_bad');
  expect(await newDeliver().deliver(batch)).toEqual([]);
  const whole = (one: StreamRecord | undefined, reason: string) => ({
    reason,
    eventId: one?.eventId,
    partitionKey: 'key',
    data: one?.data,
  });
  expect(letters).toEqual([
    whole(batch[0], error.message),
    whole(batch[1], 'neither a message nor a change'),
  ]);
  expect(counted).toEqual(['DeadLetters', 'DeadLetters']);
  expect(reported).toEqual(['dead letter', 'dead letter']);
});

test('what cannot be set aside comes again', async () => {
  const batch = [record('b', 'nonsense'), message('c')];
  queueFails = true;
  expect(await newDeliver().deliver(batch)).toEqual([batch[0]]);
  expect([reported, counted]).toEqual([['dead letter could not be kept'], []]);
});

test('at most ten conversations are worked on at once', async () => {
  const batch = Array.from({ length: 25 }, (_, index) => message(`m${index}`, `cnv_${index}`));
  expect(await newDeliver().deliver(batch)).toEqual([]);
  expect([delivered.length, most]).toEqual([25, 10]);
});
