import { expect, test } from 'vitest';
import { messagePreview } from './message-preview.ts';

test('a preview is cut to 120 characters, and never within one', () => {
  const content = '👍'.repeat(121);
  expect(messagePreview({ seq: 3, senderId: 'usr_a', content })).toEqual({
    seq: 3,
    senderId: 'usr_a',
    text: '👍'.repeat(120),
  });
});

test('a short message is its own preview', () => {
  expect(messagePreview({ seq: 1, senderId: 'usr_a', content: 'hello\nyou' }).text).toBe('hello\nyou');
});
