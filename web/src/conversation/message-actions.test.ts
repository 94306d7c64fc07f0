import type { Message } from '@parley/client';
import { expect, test } from 'vitest';
import { allowedOn, lastEditable, reactionsOf } from './message-actions.ts';

const dm = { type: 'DM', role: 'member' } as const;
const asMember = { type: 'GROUP', role: 'member' } as const;
const asAdmin = { type: 'GROUP', role: 'admin' } as const;

function message(seq: number, senderId: string, more: Partial<Message> = {}): Message {
  return {
    conversationId: 'c',
    seq,
    messageId: `m${seq}`,
    senderId,
    type: 'text',
    content: `${seq}`,
    createdAt: '2026-11-24T12:00:00.000Z',
    ...more,
  };
}

test.each([
  ['one of mine', message(1, 'me'), dm, { react: true, edit: true, delete: true }],
  ['one of theirs', message(1, 'bob'), dm, { react: true, edit: false, delete: false }],
  ['one of theirs, to a member', message(1, 'bob'), asMember, { react: true, edit: false, delete: false }],
  ['one of theirs, to an admin', message(1, 'bob'), asAdmin, { react: true, edit: false, delete: true }],
  [
    'a deleted one',
    message(1, 'me', { deleted: true }),
    asAdmin,
    { react: false, edit: false, delete: false },
  ],
  [
    'a system one',
    message(1, 'me', { type: 'system' }),
    asAdmin,
    { react: false, edit: false, delete: false },
  ],
])('what may be done with %s', (_, one, info, allowed) => {
  expect(allowedOn(one, 'me', info)).toEqual(allowed);
});

test('the last message of mine that still stands is the one to edit, whatever came after it', () => {
  const messages = [
    message(1, 'me'),
    message(2, 'me'),
    message(3, 'me', { deleted: true }),
    message(4, 'bob'),
  ];
  expect(lastEditable(messages, 'me', dm)?.seq).toBe(2);
  expect(lastEditable([message(1, 'bob')], 'me', dm)).toBeUndefined();
});

test('which reactions are mine', () => {
  const reactions = { '👍': ['bob', 'me'], '🎉': ['bob'] };
  expect(reactionsOf(message(1, 'bob', { reactions }), 'me')).toEqual(['👍']);
  expect(reactionsOf(message(1, 'bob'), 'me')).toEqual([]);
});
