import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HopLog } from './hop-log.ts';

let lines: string[];
let log: HopLog;
beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  log = new HopLog((line) => lines.push(line));
});
afterEach(() => vi.useRealTimers());

const ids = { messageId: 'm1', conversationId: 'c1' };
const say = (entry: object) =>
  log.addLine({
    functionName: 'F',
    stream: 'stdout',
    line: JSON.stringify({ timestamp: '2026-11-24T10:00:00.123Z', ...entry }),
  });
const accept = (more = {}) =>
  say({
    message: 'invocation',
    route: 'sendMessage',
    service: 'websocket-send',
    outcome: 'ok',
    ...ids,
    ...more,
  });
const hop = (message: string, more = {}) => say({ level: 'DEBUG', message, ...ids, ...more });
const hand = (text: string) => {
  const kinesis = { data: Buffer.from(text).toString('base64') };
  log.addBatch('Deliver', { Records: [{ eventID: 'shardId-000000000010:49', kinesis }] });
};
const hopsIn = () => lines.map((line) => line.split(/ {2,}/)[1]);

test('hops are told in their order, though the line about the acceptance comes late', () => {
  hand(JSON.stringify(ids));
  hop('stored', { seq: 7 });
  expect(lines).toEqual([]);
  accept({ userId: 'u1', durationMs: 12 });
  hop('pushed', { seq: 7, connectionId: 'a=', messages: 3 });
  expect(hopsIn()).toEqual(['accepted', 'stream', 'stored', 'pushed']);
  expect(lines[0]).toBe('10:00:00.123  accepted    m1 in c1  sendMessage from u1 by websocket-send in 12 ms');
  expect(lines[1]).toMatch(/ m1 in c1 {2}from shard 10 to Deliver$/);
  expect(lines[3]).toMatch(/seq 7, with the 2 before it to connection a=$/);
});

test('a redelivery, which nobody accepts, is told after a moment', () => {
  hand(JSON.stringify(ids));
  hop('recognised', { seq: 7 });
  vi.advanceTimersByTime(500);
  expect(hopsIn()).toEqual(['stream', 'recognised']);
});

test('a change of a message is told as one', () => {
  accept({ route: 'react', userId: 'u2', durationMs: 9 });
  hand(JSON.stringify({ kind: 'change', conversationId: 'c1', seq: 7 }));
  hop('changed', { seq: 7, revision: 3 });
  expect(hopsIn()).toEqual(['accepted', 'stream', 'changed']);
  expect(lines[0]).toMatch(/m1 in c1 {2}react from u2/);
  expect(lines[1]).toMatch(/a change of seq 7 from shard 10 to Deliver$/);
  expect(lines[2]).toMatch(/seq 7, as revision 3$/);
});

test('a refusal ends the way of a message', () => {
  accept({ outcome: 'NOT_FOUND' });
  expect(lines[0]).toMatch(/refused {5}m1 in c1 {2}NOT_FOUND/);
});

test('what is no hop of a message is left out', () => {
  say({ message: 'invocation', route: 'markRead', conversationId: 'c1' });
  hop('pushed', { type: 'read', connectionId: 'a=' });
  say({ level: 'INFO', message: 'stored', ...ids });
  hand('not JSON');
  log.addBatch('Fanout', { Records: [{ body: '{}' }] });
  log.addLine({ functionName: 'F', stream: 'stderr', line: '{"broken' });
  vi.advanceTimersByTime(1000);
  expect(lines).toEqual([]);
});
