import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../src/protocol.ts';
import { Sequence } from '../src/sequence.ts';

function message(seq: number): Message {
  return {
    conversationId: 'room',
    seq,
    messageId: `m-${seq}`,
    senderId: 'bob',
    type: 'text',
    content: `${seq}`,
    createdAt: '2026-11-24T10:00:00.000Z',
  };
}

test('gives every message once and in order, in whatever order and however often they come', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 6 })),
      (position, end, batches) => {
        const sequence = new Sequence(position);
        const all = Array.from({ length: end }, (_, index) => position + 1 + index);
        const given = [...batches, [...all].reverse()].flatMap((batch) =>
          sequence.take(batch.filter((seq) => seq <= position + end).map(message)).map(({ seq }) => seq),
        );
        expect(given).toEqual(all);
        expect(sequence.position).toBe(position + end);
        expect(sequence.lags).toBe(false);
      },
    ),
  );
});

test('lags as long as it has heard of more than it has given', () => {
  const sequence = new Sequence(3);
  expect(sequence.lags).toBe(false);
  sequence.heardOf(5);
  expect([sequence.lags, sequence.newest]).toEqual([true, 5]);
  expect(sequence.take([message(5)])).toEqual([]);
  expect(sequence.take([message(4)]).map(({ seq }) => seq)).toEqual([4, 5]);
  expect(sequence.lags).toBe(false);
});
