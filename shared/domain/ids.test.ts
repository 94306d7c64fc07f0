import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ConversationId, UserId } from '../protocol/values.ts';
import { createdConversationId, dmConversationId, newConversationId, newUserId } from './ids.ts';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

test('a DM has one id, whoever opens it', () => {
  fc.assert(
    fc.property(id, id, (one, other) => {
      expect(dmConversationId(one, other)).toBe(dmConversationId(other, one));
    }),
  );
});

test('different pairs and different creations have different ids', () => {
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 4, maxLength: 4 }), ([a = '', b = '', c = '', d = '']) => {
      const ids = [
        dmConversationId(a, b),
        dmConversationId(a, c),
        dmConversationId(c, d),
        createdConversationId(a, b),
        createdConversationId(b, a),
      ];
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test('every id is one the protocol allows', () => {
  expect(v.is(UserId, newUserId())).toBe(true);
  for (const made of [newConversationId(), dmConversationId('a', 'b'), createdConversationId('a', 'b')]) {
    expect(v.is(ConversationId, made)).toBe(true);
  }
});
