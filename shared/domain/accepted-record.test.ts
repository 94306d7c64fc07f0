import { describe, expect, test } from 'vitest';
import { isChange, readAccepted } from './accepted-record.ts';

const message = {
  version: 1,
  acceptId: 'acc_1',
  acceptedAt: '2026-11-24T10:00:00.000Z',
  conversationId: 'cnv_1',
  senderId: 'usr_a',
  messageId: 'm1',
  type: 'text',
  content: 'hello',
};
const change = {
  version: 1,
  kind: 'change',
  acceptId: 'acc_2',
  acceptedAt: '2026-11-24T10:00:00.000Z',
  conversationId: 'cnv_1',
  seq: 1,
  userId: 'usr_a',
};
const changes = [
  { type: 'edit', content: 'hi' },
  { type: 'delete' },
  { type: 'react', emoji: '+', op: 'add' },
  { type: 'react', emoji: '+', op: 'remove' },
  { type: 'erase' },
];

const read = (value: unknown) => readAccepted(JSON.stringify(value));

test('a message is read as it was written, with what it replies to', () => {
  expect(read(message)).toEqual(message);
  expect(read({ ...message, replyTo: 7 })).toEqual({ ...message, replyTo: 7 });
  const accepted = read(message);
  expect(accepted && isChange(accepted)).toBe(false);
});

test.each(changes)('a change is read as it was written: $type', (one) => {
  const accepted = read({ ...change, change: one });
  expect(accepted).toEqual({ ...change, change: one });
  expect(accepted && isChange(accepted)).toBe(true);
});

test('what a later version adds is no hindrance', () => {
  expect(read({ ...message, later: true })).toEqual(message);
});

describe('is nothing of ours:', () => {
  test.each([
    ['no JSON', '{'],
    ['nothing', '""'],
    ['no object', '[]'],
  ])('%s', (_, json) => {
    expect(readAccepted(json)).toBeUndefined();
  });

  test.each(Object.keys(message))('a message without %s', (name) => {
    expect(read({ ...message, [name]: undefined })).toBeUndefined();
  });

  test.each([...Object.keys(change), 'change'])('a change without %s', (name) => {
    expect(read({ ...change, change: changes[0], [name]: undefined })).toBeUndefined();
  });

  test.each([
    ['an edit without its text', { type: 'edit' }],
    ['a reaction without its emoji', { type: 'react', op: 'add' }],
    ['a reaction that is neither added nor removed', { type: 'react', emoji: '+', op: 'other' }],
    ['another kind of change', { type: 'other' }],
  ])('%s', (_, one) => {
    expect(read({ ...change, change: one })).toBeUndefined();
  });

  test('another version', () => {
    expect(read({ ...message, version: 2 })).toBeUndefined();
    expect(read({ ...change, change: changes[0], version: 2 })).toBeUndefined();
    expect(read({ ...change, change: changes[0], kind: 'other' })).toBeUndefined();
  });
});
