import type { OutboxRecord } from '../../src/storage.ts';

/** What an earlier run of Alice's client could not send. */
export const left: OutboxRecord = {
  messageId: 'left',
  conversationId: 'room',
  senderId: 'alice',
  content: 'of an earlier run',
  queuedAt: 1,
  order: 1,
  state: 'failed',
};
