import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { messagePreview } from '../../shared/domain/message-preview.ts';
import { previewOf } from '../src/conversation-info.ts';
import type { Synced } from '../src/frames.ts';
import type { ConversationInfo, Message } from '../src/protocol.ts';
import { Replica } from '../src/replica.ts';

const at = (second: number) => `2026-11-24T10:00:${String(second).padStart(2, '0')}.000Z`;

function row(change: Partial<ConversationInfo> = {}): ConversationInfo {
  const { lastSeq = 0, lastReadSeq = 0 } = change;
  return {
    conversationId: 'room',
    type: 'GROUP',
    title: 'Room',
    createdAt: at(0),
    createdBy: 'bob',
    memberCount: 2,
    role: 'member',
    lastActivityAt: at(lastSeq),
    lastMessagePreview: null,
    mutedUntil: null,
    pinned: false,
    ...change,
    lastSeq,
    lastReadSeq,
    unreadCount: lastSeq - lastReadSeq,
  };
}

function message(seq: number, senderId = 'bob'): Message {
  const content = `message ${seq}`;
  const messageId = `m-${seq}`;
  return { conversationId: 'room', seq, messageId, senderId, type: 'text', content, createdAt: at(seq) };
}

/** An answer to what is asked for now. */
function synced(answer: Partial<Synced>): void {
  const conversation: Synced = {
    conversationId: 'room',
    lastSeq: 0,
    lastReadSeq: 0,
    lastRevision: 0,
    messages: [],
    changed: [],
    hasMore: false,
    ...answer,
  };
  replica.takeSynced(
    { type: 'sync', conversations: [conversation] },
    [replica.wanted('room')],
    replica.moment,
  );
}

let told: string[];
let replica: Replica;
beforeEach(() => {
  told = [];
  replica = new Replica({
    onSeen: () => undefined,
    onMessage: ({ seq }) => told.push(`message ${seq}`),
    onChanged: ({ seq, revision }) => told.push(`changed ${seq} ${revision}`),
    onInfo: () => undefined,
    onRead: (_id, userId, seq) => told.push(`read ${userId} ${seq}`),
    onRemoved: () => told.push('removed'),
    onLack: () => told.push('lack'),
    onHint: () => told.push('hint'),
    onReturn: () => told.push('return'),
  });
  replica.userId = 'alice';
});

test('a gap is noticed with the event that shows it', () => {
  replica.takeRow(row({ lastSeq: 3, lastReadSeq: 3 }), replica.moment);
  replica.take({ type: 'message', messages: [message(5)] });
  expect(told).toEqual(['lack']);
  expect(replica.lagging()).toEqual([{ conversationId: 'room', afterSeq: 3 }]);
  // The inbox shows what is known already.
  expect(replica.get('room')).toMatchObject({ lastSeq: 5, unreadCount: 2, lastMessagePreview: { seq: 5 } });
});

test('a message that others have read, but that has not come, is a hint and not yet a gap', () => {
  replica.takeRow(row({ lastSeq: 3 }), replica.moment);
  synced({ lastSeq: 3 });
  replica.take({ type: 'read', conversationId: 'room', userId: 'bob', seq: 4 });
  expect(told).toEqual(['read bob 4', 'hint']);
  replica.take({ type: 'message', messages: [message(4)] });
  expect(replica.lagging()).toEqual([]);
});

test('what a first answer leaves out may come from an event as it once was, and is looked at again', () => {
  replica.takeRow(row({ lastSeq: 3 }), replica.moment);
  replica.takeRow(row({ lastSeq: 6 }), replica.moment);
  synced({ lastSeq: 6, lastRevision: 2, messages: [message(4)], hasMore: true });
  // Delayed: the change to the fifth is one of the two that the answer has counted already.
  replica.take({ type: 'message', messages: [message(5), message(6)] });
  expect(replica.position('room')).toBe(6);
  expect(replica.lagging()).toEqual([{ conversationId: 'room', afterSeq: 4, afterRevision: 2 }]);
  told = [];
  synced({ lastSeq: 6, lastRevision: 2, messages: [{ ...message(5), revision: 2 }, message(6)] });
  expect(told).toEqual(['changed 5 2']);
  expect(replica.lagging()).toEqual([]);
});

describe('where a conversation begins', () => {
  test('one that is there at the first reading begins at its end', () => {
    replica.takeRow(row({ lastSeq: 9, lastReadSeq: 2 }), replica.moment);
    expect(replica.position('room')).toBe(9);
  });

  test('a new one begins where its member has stopped reading', () => {
    replica.isComplete = true;
    replica.takeRow(row({ lastSeq: 9, lastReadSeq: 2 }), replica.moment);
    expect(replica.position('room')).toBe(2);
    expect(told).toEqual(['lack']);
  });

  test('messages that came before it are told', () => {
    replica.take({ type: 'message', messages: [message(8)] });
    expect(told).toEqual(['lack']);
    expect(replica.unknown()).toEqual(['room']);
    replica.takeRow(row({ lastSeq: 9, lastReadSeq: 9 }), replica.moment);
    expect(told).toEqual(['lack', 'read bob 8', 'message 8', 'lack']);
    expect(replica.unknown()).toEqual([]);
  });

  test('one that was left and entered again goes on where it was', () => {
    replica.takeRow(row({ lastSeq: 3 }), replica.moment);
    replica.take({ type: 'conversationRemoved', conversationId: 'room' });
    expect(replica.get('room')).toBeUndefined();
    replica.take({ type: 'conversation', conversation: row({ lastSeq: 9, lastReadSeq: 9 }) });
    expect(replica.lagging()).toEqual([{ conversationId: 'room', afterSeq: 3 }]);
  });
});

describe('an answer that was asked for before an event', () => {
  test('does not undo what the event said', () => {
    replica.takeRow(row(), replica.moment);
    const askedAt = replica.moment;
    replica.take({ type: 'conversationChanged', conversationId: 'room', title: 'New', memberCount: 3 });
    replica.takeRow(row({ lastSeq: 4, lastReadSeq: 1 }), askedAt);
    expect(replica.get('room')).toMatchObject({ title: 'New', memberCount: 3, lastSeq: 4, lastReadSeq: 1 });
    replica.takeRow(row({ lastSeq: 4, title: 'Newer' }), replica.moment);
    expect(replica.get('room')).toMatchObject({ title: 'Newer', lastReadSeq: 1 });
  });

  test('does not bring back what was left', () => {
    replica.takeRow(row(), replica.moment);
    const askedAt = replica.moment;
    replica.take({ type: 'conversationRemoved', conversationId: 'room' });
    replica.takeRow(row(), askedAt);
    expect(replica.get('room')).toBeUndefined();
  });

  test('does not remove what was entered', () => {
    const askedAt = replica.moment;
    replica.take({ type: 'conversation', conversation: row() });
    const conversations = [{ conversationId: 'room', code: 'NOT_FOUND' as const }];
    replica.takeSynced({ type: 'sync', conversations }, [], askedAt);
    expect(replica.get('room')).toBeDefined();
    replica.takeSynced({ type: 'sync', conversations }, [], replica.moment);
    expect(replica.get('room')).toBeUndefined();
  });
});

test('numbers never go back', () => {
  replica.takeRow(row({ lastSeq: 9, lastReadSeq: 5, pinned: true }), replica.moment);
  replica.takeRow(row({ lastSeq: 7, lastReadSeq: 3 }), replica.moment);
  expect(replica.get('room')).toMatchObject({ lastSeq: 9, lastReadSeq: 5, unreadCount: 4, pinned: false });
  expect(replica.get('room')?.lastActivityAt).toBe(at(9));
});

test('who has sent has read up to there', () => {
  replica.takeRow(row(), replica.moment);
  replica.take({ type: 'message', messages: [message(1), message(2, 'alice'), message(3)] });
  expect(replica.get('room')).toMatchObject({ lastSeq: 3, lastReadSeq: 2, unreadCount: 1 });
  expect(replica.readSeq('room', 'bob')).toBe(3);
  replica.take({ type: 'read', conversationId: 'room', userId: 'alice', seq: 3 });
  expect(replica.get('room')).toMatchObject({ unreadCount: 0 });
});

test('events of a type that is not known are ignored', () => {
  replica.takeRow(row(), replica.moment);
  replica.take({ type: 'typing', conversationId: 'room' } as never);
  expect(told).toEqual([]);
});

test('previews are cut as the server cuts them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (content) => {
      const one = { ...message(1), content };
      expect(previewOf(one)).toEqual(messagePreview(one));
    }),
  );
});
