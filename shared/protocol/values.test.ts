import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { isStreamSafe } from '../text/stream-safe.ts';
import { limits } from './limits.ts';
import {
  Content,
  characters,
  DisplayName,
  Emoji,
  MessageId,
  NewPassword,
  Password,
  Seq,
  Timestamp,
  Title,
  Username,
  utf8Bytes,
} from './values.ts';

describe('content', () => {
  test('whatever is taken is normalized, within limits, and free of control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }), (text) => {
        const parsed = v.safeParse(Content, text);
        if (!parsed.success) {
          expect(/[^\P{Cc}\n\t]/u.test(text) || !isStreamSafe(text)).toBe(true);
          return;
        }
        expect(parsed.output).toBe(text.normalize('NFC'));
        expect(v.parse(Content, parsed.output)).toBe(parsed.output);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['nothing', ''],
    ['NUL', 'a\0b'],
    ['a control character', 'a\u0007b'],
    ['a C1 control character', 'a\u0085b'],
    ['a carriage return', 'a\r\nb'],
    ['a lone high surrogate', 'a\uD83Db'],
    ['a lone low surrogate', '\uDC4D'],
    ['8,001 characters', 'x'.repeat(8_001)],
    ['more than 16 KiB', '👍'.repeat(4_097)],
    ['a number', 7],
    ['null', null],
  ])('refuses %s', (_what, content) => {
    expect(v.is(Content, content)).toBe(false);
  });

  test.each([
    ['8,000 characters', 'x'.repeat(8_000)],
    ['exactly 16 KiB', '👍'.repeat(4_096)],
    ['line feeds and tabs', 'a\n\tb'],
    ['right-to-left marks and Hebrew', '\u200Fשלום\u202B ok'],
    ['an emoji of several code points', '👩‍👩‍👧‍👦'],
  ])('takes %s as it is', (_what, content) => {
    expect(v.parse(Content, content)).toBe(content);
  });

  test('counts characters after composing them', () => {
    // e + combining acute: 16,000 code points that compose to 8,000.
    expect(characters(v.parse(Content, 'e\u0301'.repeat(8_000)))).toBe(8_000);
  });
});

describe('text is held to its bounds before it is normalized, which costs the square of a run of marks', () => {
  const marks = (count: number) => '\u0301'.repeat(count / 2) + '\u0323'.repeat(count / 2);
  const schemas = { Content, Title, DisplayName, NewPassword, Password, Emoji };

  test.each(Object.entries(schemas))('%s', (_name, schema) => {
    const texts = [`a${marks(32)}`, `a${marks(1_000)}`, `a${marks(60_000)}`, 'e\u0301'.repeat(60_000)];
    const normalize = vi.spyOn(String.prototype, 'normalize');
    const refused = texts.map((text) => !v.safeParse(schema, text, { abortEarly: true }).success);
    // The spy is of one method for all strings: those it was called for are its `this`.
    const longest = Math.max(0, ...normalize.mock.contexts.map((text) => String(text).length));
    normalize.mockRestore();
    expect(refused).toEqual([true, true, true, true]);
    expect(longest).toBeLessThan(10);
  });

  test('no text is refused that fits once it is normalized', () => {
    const longest = { units: 0, bytes: 0 };
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
      if (codePoint === 0xd800) codePoint = 0xe000;
      const character = String.fromCodePoint(codePoint);
      // The longest way to write what NFC makes of it, and the character itself, which NFC may replace by a shorter one.
      const decomposed = character.normalize('NFD');
      if (decomposed === character) continue;
      const composed = character.normalize('NFC');
      for (const written of [character, decomposed]) {
        longest.units = Math.max(longest.units, written.length / characters(composed));
        longest.bytes = Math.max(longest.bytes, utf8Bytes(written) / utf8Bytes(composed));
      }
    }
    expect(longest).toEqual({ units: 6, bytes: 3 });
  });

  test.each([
    ['8,000 characters of three letters outside of plane 0', Content, '\u{16126}'.repeat(4_096)],
    ['16 KiB of Kelvin signs', Content, '\u212A'.repeat(8_000)],
    ['Hangul of three jamo each', Content, '\uAC01'.repeat(5_461)],
    ['a title of letters with three marks', Title, '\u1F82'.repeat(100)],
    ['a title of letters with the most marks', Title, `a${'\u0301'.repeat(30)}`.repeat(3)],
  ])('takes %s, however written', (_what, schema, text) => {
    expect(v.parse(schema, text.normalize('NFD'))).toBe(text.normalize('NFC'));
    expect(v.parse(schema, text)).toBe(text.normalize('NFC'));
  });

  test.each([
    ['a stack of marks', `Z${'\u0300\u0316\u0321\u0334'.repeat(8)}algo`],
    ['31 marks', `a${'\u0301'.repeat(31)}`],
  ])('refuses %s everywhere', (_what, text) => {
    for (const schema of Object.values(schemas)) expect(v.is(schema, text)).toBe(false);
  });
});

describe('names', () => {
  test('a username is compared without case', () => {
    expect(v.parse(Username, 'Alice.B_c-9')).toBe('alice.b_c-9');
  });

  test.each(['ab', 'x'.repeat(33), 'al ice', 'älice', 'alice\n', "' OR 1=1--", ''])(
    'username %j is refused',
    (name) => {
      expect(v.is(Username, name)).toBe(false);
    },
  );

  test.each([
    'two\nlines',
    'tab\there',
    'right-to-left \u202E override',
    'mark \u200F',
    'isolate \u2066x\u2069',
    '   ',
    '\u3000',
    '',
    'x'.repeat(65),
  ])('display name %j is refused', (name) => {
    expect(v.is(DisplayName, name)).toBe(false);
  });

  test('a title has up to 100 characters', () => {
    expect(v.is(Title, '👍'.repeat(100))).toBe(true);
    expect(v.is(Title, '👍'.repeat(101))).toBe(false);
  });

  test('a password has 8 to 128 characters of any script', () => {
    expect(v.is(NewPassword, 'пароль 1')).toBe(true);
    expect(v.is(NewPassword, 'seven77')).toBe(false);
    expect(v.is(NewPassword, 'x'.repeat(129))).toBe(false);
  });
});

test.each(['', 'x'.repeat(65), 'a b', 'a/b', 'a#b', ':v', '__proto__\n', 'ä'])(
  'message id %j is refused',
  (id) => {
    expect(v.is(MessageId, id)).toBe(false);
  },
);

test.each([0, -1, 1.5, Number.NaN, 2 ** 53, '1', null])('seq %j is refused', (seq) => {
  expect(v.is(Seq, seq)).toBe(false);
});

test.each(['2026-02-30T00:00:00.000Z', '2026-11-24', '2026-11-24T10:00:00Z', 'now', 0])(
  'time %j is refused',
  (time) => {
    expect(v.is(Timestamp, time)).toBe(false);
  },
);

test('the longest content fits a frame to a client, escaped as it may be', () => {
  const worst = v.parse(Content, '"'.repeat(limits.contentCharacters));
  expect(utf8Bytes(JSON.stringify(worst))).toBeLessThan(limits.eventBytes / 4);
});
