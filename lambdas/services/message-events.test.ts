import { expect, test } from 'vitest';
import type { Message } from '../../shared/protocol/entities.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { changeEvents, joinedChangeSets, messageEvents } from './message-events.ts';

function message(seq: number, characters = 5, revision?: number): Message {
  return {
    conversationId: 'cnv_1',
    seq,
    messageId: `m${seq}`,
    senderId: 'usr_a',
    type: 'text',
    content: 'x'.repeat(characters),
    createdAt: '2026-11-24T10:00:00.000Z',
    ...(revision !== undefined && { revision }),
  };
}

/** Three to an event: a fourth does not fit. */
const large = Math.floor(limits.eventBytes / 3.5);

test('messages that fit go in one event', () => {
  const messages = [message(1), message(2)];
  expect(messageEvents(messages)).toEqual([{ type: 'message', messages }]);
  expect(messageEvents([])).toEqual([]);
});

test('what does not fit one event goes in as few as may be posted', () => {
  const messages = Array.from({ length: 7 }, (_, index) => message(index + 1, large));
  const events = messageEvents(messages);
  expect(events.map((event) => event.messages.length)).toEqual([3, 3, 1]);
  expect(events.flatMap((event) => event.messages)).toEqual(messages);
});

test('an event is never larger than may be posted, its own envelope included', () => {
  for (let slack = 0; slack < 300; slack += 1) {
    const messages = [message(1, Math.floor(limits.eventBytes / 2), 1_000_000), message(2, 1, 1_000_001)];
    const rest = limits.eventBytes - JSON.stringify(messages).length - slack;
    const padded = [messages[0] ?? message(1), message(2, Math.max(1, rest), 1_000_001)];
    const set = { messages: padded, afterRevision: 999_999, lastRevision: 1_000_001 };
    for (const event of changeEvents(set)) {
      expect(JSON.stringify(event).length).toBeLessThanOrEqual(limits.eventBytes);
    }
  }
});

test('changed messages go in events that join one another', () => {
  const messages = [3, 5, 6, 9].map((revision, index) => message(index + 1, large, revision));
  const events = changeEvents({ messages, afterRevision: 1, lastRevision: 10 });
  expect(events).toEqual([
    { type: 'messageChanged', messages: messages.slice(0, 3), afterRevision: 1, lastRevision: 6 },
    { type: 'messageChanged', messages: messages.slice(3), afterRevision: 6, lastRevision: 10 },
  ]);
  expect(changeEvents({ messages: [], afterRevision: 1, lastRevision: 10 })).toEqual([]);
});

test('changes that follow one another are one set, with the last copy of each message', () => {
  const set = (afterRevision: number, lastRevision: number, ...messages: Message[]) => {
    return { messages, afterRevision, lastRevision };
  };
  const [first, second] = [message(1, 5, 2), message(2, 5, 3)];
  const [again, other] = [message(1, 5, 5), message(3, 5, 9)];
  expect(joinedChangeSets([set(1, 3, first, second), set(3, 5, again), set(8, 9, other)])).toEqual([
    set(1, 5, second, again),
    set(8, 9, other),
  ]);
  expect(joinedChangeSets([])).toEqual([]);
});
