import type { Message } from '@parley/client';
import { expect, test } from 'vitest';
import { rowsOf } from './rows.ts';

const noon = Date.parse('2026-11-24T12:00:00Z');
const minute = 60_000;

function message(seq: number, senderId: string, minutes: number, type: Message['type'] = 'text'): Message {
  return {
    conversationId: 'c',
    seq,
    messageId: `m${seq}`,
    senderId,
    type,
    content: `${seq}`,
    createdAt: new Date(noon + minutes * minute).toISOString(),
  };
}

function shapeOf(messages: Message[], newAfter?: number): string[] {
  return rowsOf({ messages, outgoing: [], myId: 'me', newAfter }).map((row) => {
    if (row.kind !== 'message') return row.kind;
    const { isFirst, isLast } = row.place;
    return `${row.message.seq}${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`;
  });
}

test('messages of one sender that follow each other closely stand together', () => {
  const messages = [message(1, 'bob', 0), message(2, 'bob', 1), message(3, 'me', 2), message(4, 'me', 10)];
  expect(shapeOf(messages)).toEqual(['start', 'day', '1 first', '2 last', '3 first last', '4 first last']);
});

test('each day begins with its name, and ends what stands together', () => {
  const day = 24 * 60;
  expect(shapeOf([message(1, 'bob', 0), message(2, 'bob', day)])).toEqual([
    'start',
    'day',
    '1 first last',
    'day',
    '2 first last',
  ]);
});

test('a system message stands alone', () => {
  const messages = [message(1, 'bob', 0), message(2, 'bob', 0, 'system'), message(3, 'bob', 0)];
  expect(shapeOf(messages)).toEqual(['start', 'day', '1 first last', '2 first last', '3 first last']);
});

test('the line "new messages" stands before the first one that is unread', () => {
  const messages = [message(1, 'bob', 0), message(2, 'bob', 0), message(3, 'bob', 0)];
  expect(shapeOf(messages, 1)).toEqual(['start', 'day', '1 first last', 'new', '2 first', '3 last']);
  expect(shapeOf(messages, 3)).toEqual(['start', 'day', '1 first', '2', '3 last']);
});

test('the line waits for the messages above it to be loaded', () => {
  const messages = [message(8, 'bob', 0), message(9, 'bob', 0)];
  expect(shapeOf(messages, 5)).not.toContain('new');
  expect(shapeOf(messages, 7)).toContain('new');
});
