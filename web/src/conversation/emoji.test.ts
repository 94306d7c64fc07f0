import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Emoji } from '../../../shared/protocol/values.ts';
import { EMOJI_A_ROW, isEmoji, moreEmoji, quickEmoji } from './emoji.ts';

test('every emoji that is offered is one that the server takes, and is offered once', () => {
  for (const emoji of [...quickEmoji, ...moreEmoji]) expect(v.is(Emoji, emoji), emoji).toBe(true);
  expect(new Set(moreEmoji).size).toBe(moreEmoji.length);
  expect(moreEmoji.length % EMOJI_A_ROW).toBe(0);
});

test.each(['👍🏽', '👩‍🚀', '🏳️‍🌈', '🇪🇪', '❤', '1️⃣'])('%s can be typed', (emoji) => {
  expect(isEmoji(emoji)).toBe(true);
});

test.each(['', 'a', '1', '👍👍', ' 👍', '<b>', '🇪'])('"%s" is no emoji to react with', (text) => {
  expect(isEmoji(text)).toBe(false);
});
