import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ConversationId, UserId } from '../protocol/values.ts';
import {
  createdConversationId,
  dmConversationId,
  issuedUserId,
  newAcceptId,
  newConversationId,
  newUserId,
} from './ids.ts';

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

test('new ids say what they are of, and are never the same', () => {
  for (const [make, prefix] of [
    [newUserId, 'usr_'],
    [newConversationId, 'cnv_'],
    [newAcceptId, 'acc_'],
  ] as const) {
    const made = Array.from({ length: 100 }, make);
    expect(new Set(made).size).toBe(100);
    for (const one of made) expect(one.slice(0, 4)).toBe(prefix);
  }
});

test('derived ids are the same in every version', () => {
  // Rows are stored under them: another id would be another conversation, or another user.
  expect([
    dmConversationId('a', 'b'),
    createdConversationId('a', 'b'),
    issuedUserId('key', 'a', 'b'),
  ]).toEqual([
    'cnv_6bUUayPcrLfpDQ6iYOJTC6YZZ7yqj7rKtxjxt1_klcE',
    'cnv_ZhAznyE_amfO4Xx8X47ngWjdxvadcajrTKAjqB_F-ME',
    'usr_Tf8J_cquY-cl8jripP83d0-G1WX2t7oplEd-x_r6Jcg',
  ]);
  expect(v.is(UserId, issuedUserId('key', 'https://id.example.com', 'subject'))).toBe(true);
});
