import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../protocol/entities.ts';
import { limits } from '../protocol/limits.ts';
import type { MessageChange } from './accepted-change.ts';
import { actionOf, type Changer, changedMessage } from './message-changes.ts';
import { jsonBytes } from './split-by-bytes.ts';

const now = '2026-11-24T12:00:00.000Z';
const message: Message = {
  conversationId: 'cnv_1',
  seq: 1,
  messageId: 'm1',
  senderId: 'alice',
  type: 'text',
  content: 'frist',
  createdAt: '2026-11-24T10:00:00.000Z',
};
const alice: Changer = { userId: 'alice', role: 'member' };
const bob: Changer = { userId: 'bob', role: 'member' };
const admin: Changer = { userId: 'carol', role: 'admin' };
const gone: Changer = { userId: 'alice', role: undefined };

const edit = (content: string): MessageChange => ({ type: 'edit', content });
const remove: MessageChange = { type: 'delete' };
const react = (op: 'add' | 'remove', emoji = '👍'): MessageChange => ({ type: 'react', emoji, op });
const erase: MessageChange = { type: 'erase' };

const change = (change: MessageChange, by: Changer, before = message) =>
  changedMessage(before, change, by, now);
const refusal = (change: MessageChange, by: Changer, before = message) => {
  try {
    changedMessage(before, change, by, now);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('an edit', () => {
  test("changes the sender's text, and says when", () => {
    expect(change(edit('first'), alice)).toEqual({ ...message, content: 'first', editedAt: now });
  });

  test('to the same text changes nothing', () => {
    expect(change(edit('frist'), alice)).toBe(message);
  });

  test('is for the sender alone, and not of what was deleted', () => {
    expect([bob, admin, gone].map((by) => refusal(edit('x'), by))).toEqual(Array(3).fill('FORBIDDEN'));
    expect(refusal(edit('x'), alice, change(remove, alice))).toBe('CONFLICT');
  });
});

describe('a deletion', () => {
  test('leaves the place, and nothing that was said', () => {
    const rich = change(react('add'), bob, change(edit('first'), alice, { ...message, replyTo: 7 }));
    for (const by of [alice, admin]) {
      expect(change(remove, by, rich)).toEqual({ ...message, replyTo: 7, content: '', deleted: true });
    }
  });

  test('is for the sender and admins, and changes nothing the second time', () => {
    expect([bob, gone].map((by) => refusal(remove, by))).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    const deleted = change(remove, alice);
    expect(change(remove, admin, deleted)).toBe(deleted);
  });
});

describe('a reaction', () => {
  test('is kept for each emoji in the order it came, once for each user', () => {
    const liked = change(react('add'), alice, change(react('add', '🎉'), bob, change(react('add'), bob)));
    expect(liked.reactions).toEqual({ '👍': ['bob', 'alice'], '🎉': ['bob'] });
    expect(change(react('add'), bob, liked)).toBe(liked);
  });

  test('can be taken back, and the last one leaves no trace', () => {
    const liked = change(react('add'), bob);
    expect(change(react('remove'), bob, liked)).toEqual(message);
    expect(change(react('remove'), alice, liked)).toBe(liked);
    expect(change(react('remove', '🎉'), bob, liked)).toBe(liked);
  });

  test('is not of what was deleted, and not the one too many', () => {
    expect(refusal(react('add'), bob, change(remove, alice))).toBe('CONFLICT');
    const users = Array.from({ length: limits.reactionsPerMessage }, (_, index) => `user-${index}`);
    const full = { ...message, reactions: { '👍': users } };
    expect(refusal(react('add', '🎉'), bob, full)).toBe('CONFLICT');
    expect(
      change(react('remove'), { userId: 'user-7', role: 'member' }, full).reactions?.['👍'],
    ).not.toContain('user-7');
  });

  test('is of one of 50 emoji at most, and then still of those that are there', () => {
    const emoji = (index: number) => String.fromCodePoint(0x1f600 + index);
    let full = message;
    for (let index = 0; index < limits.emojiPerMessage; index += 1)
      full = change(react('add', emoji(index)), bob, full);
    expect(refusal(react('add', emoji(50)), bob, full)).toBe('CONFLICT');
    expect(change(react('add', emoji(7)), alice, full).reactions?.[emoji(7)]).toEqual(['bob', 'alice']);
  });

  test('never makes a message so large that no reply to a sync holds it', () => {
    // The longest ids are those of an issuer's users; two of the longest emoji; content that JSON escapes.
    const users = Array.from(
      { length: limits.reactionsPerMessage },
      (_, index) => `usr_${'u'.repeat(40)}${100 + index}`,
    );
    const families = Array.from({ length: limits.emojiPerMessage }, (_, index) => `${'👩🏽‍❤️‍💋‍👩🏽'}${index}`);
    const reactions = Object.fromEntries(
      families.map((one, index) => [one, users.slice(index * 20, index * 20 + 20)]),
    );
    const content = '"'.repeat(5_205) + '😀'.repeat(2_794);
    const answerWithoutMessages = 300;
    expect(jsonBytes({ ...message, content, reactions, editedAt: now, revision: 1e9 })).toBeLessThan(
      limits.eventBytes - limits.syncConversations * answerWithoutMessages,
    );
  });
});

describe('an erasure', () => {
  test("empties the user's own message, member or not", () => {
    expect(change(erase, gone)).toEqual({ ...message, content: '', deleted: true });
  });

  test("takes the user's reactions out of others' messages, and nobody else's", () => {
    const liked = change(react('add', '🎉'), bob, change(react('add'), alice, change(react('add'), bob)));
    expect(change(erase, bob, liked).reactions).toEqual({ '👍': ['alice'] });
    expect(change(erase, bob)).toBe(message);
  });
});

test('whatever comes in whatever order, a second time changes nothing more, and what is deleted stays so', () => {
  const changes = fc.constantFrom(
    edit('first'),
    edit('second'),
    remove,
    react('add'),
    react('remove'),
    react('add', '🎉'),
    erase,
  );
  const steps = fc.array(fc.tuple(changes, fc.constantFrom(alice, bob, admin)), { maxLength: 12 });
  fc.assert(
    fc.property(steps, (all) => {
      let current = message;
      for (const [one, by] of all) {
        if (refusal(one, by, current) !== undefined) continue;
        const next = change(one, by, current);
        expect(change(one, by, next)).toBe(next);
        if (current.deleted) expect(next).toBe(current);
        if (next.deleted)
          expect([next.content, next.reactions, next.editedAt]).toEqual(['', undefined, undefined]);
        for (const users of Object.values(next.reactions ?? {})) {
          expect(users.length).toBeGreaterThan(0);
          expect(new Set(users).size).toBe(users.length);
        }
        current = next;
      }
    }),
  );
});

test('a change is called what clients call it, and an erasure nothing', () => {
  const all = [edit('x'), remove, react('add'), react('remove'), erase];
  expect(all.map(actionOf)).toEqual(['editMessage', 'deleteMessage', 'react', 'react', undefined]);
});
