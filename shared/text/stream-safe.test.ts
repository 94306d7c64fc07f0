import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStreamSafe, mostNonStarters } from './stream-safe.ts';

const acute = '\u0301';
const dotBelow = '\u0323';

describe('text of every script is safe', () => {
  test.each([
    ['nothing', ''],
    ['Vietnamese, composed', 'Tiếng Việt có đủ các dấu: ầ ẩ ẫ ấ ậ ệ ữ ợ'],
    ['Vietnamese, decomposed', 'Tiếng Việt có đủ các dấu: ầ ẩ ẫ ấ ậ ệ ữ ợ'.normalize('NFD')],
    ['Hebrew with points and accents', 'בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים אֵ֥ת הַשָּׁמַ֖יִם וְאֵ֥ת הָאָֽרֶץ׃'],
    ['Arabic with vowels', 'بِسْمِ ٱللَّهِ ٱلرَّحْمَـٰنِ ٱلرَّحِيمِ'],
    ['Devanagari', 'क्षत्रिय स्त्रियाँ र्‍क हिन्दी'],
    ['a Hindi vowel drawn out as people do', `न${'ह'}${'\u0940'.repeat(200)}`],
    ['a Bengali vowel drawn out', `ন${'\u09BE'.repeat(200)}`],
    ['Tamil', 'ஸ்ரீ கொடுக்கிறௌ'],
    ['Thai', 'น้ำ ที่นี่ กึ่ง ผู้ใหญ่'],
    ['the tallest Tibetan stack', '\u0F67\u0F90\u0FB5\u0FA8\u0FB3\u0FBA\u0FBC\u0FBB\u0F82 བོད་སྐད་'],
    ['Tibetan vowels that decompose', '\u0F40\u0F73 \u0F40\u0F75 \u0F40\u0F81'],
    ['Burmese', 'မြန်မာဘာသာ ကျွန်ုပ်'],
    ['Khmer', 'ភាសាខ្មែរ ស្ត្រី'],
    ['Hangul syllables', '한국어'],
    ['Hangul jamo', '\u1112\u1161\u11AB\u1100\u116E\u11A8'.repeat(20)],
    ['old Hangul', '\u1109\u110C\u1161\u11BF\u302E'],
    ['Japanese, half width', 'ｶﾞｷﾞｸﾞ ｱﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞﾞ'],
    ['polytonic Greek, decomposed', 'ᾧ ᾃ ΐ'.normalize('NFD')],
    ['phonetic notation', 'ɔ̃̀ː t͡ʃʰ n̪̊ d̪͆'],
    ['music', '\u{1D158}\u{1D165}\u{1D16E}\u{1D17B}'],
    ['a family', '👩🏽‍❤️‍💋‍👨🏿 👩‍👩‍👧‍👦'],
    ['a flag of tags', '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'],
    ['keycaps', '1️⃣2️⃣3️⃣'.repeat(30)],
    ['ideographs with variation selectors', '葛\u{E0100}葛\u{E0101}'.repeat(30)],
    ['a lone surrogate', '\uD800'],
  ])('%s', (_, text) => {
    expect(isStreamSafe(text)).toBe(true);
    expect(isStreamSafe(text.normalize('NFC'))).toBe(true);
    expect(isStreamSafe(text.normalize('NFD'))).toBe(true);
  });
});

describe('a run of non-starters', () => {
  const most = `a${acute.repeat(15)}${dotBelow.repeat(15)}`;

  test('may have 30, again and again', () => expect(isStreamSafe(most.repeat(100))).toBe(true));

  test.each([
    ['31 of them', `${most}${acute}`],
    ['31 without a base', acute.repeat(31)],
    ['31 in the middle of a text', `before ${most}${acute} after`],
    ['30 after a letter that has one', `é${acute.repeat(30)}`],
    ['29 after a letter that has two', `ế${acute.repeat(29)}`],
    ['16 that decompose into two each', `a${'\u0344'.repeat(16)}`],
    ['16 Tibetan ones of class 0 that decompose', `\u0F40${'\u0F73'.repeat(16)}`],
    ['31 of the highest class', `a${'\u0345'.repeat(31)}`],
    ['31 outside of plane 0', '\u{1D165}'.repeat(31)],
    ['a stack', `Z${'\u0300\u0316\u0321\u0334'.repeat(20)}`],
  ])('is too long with %s', (_, text) => {
    expect(isStreamSafe(text)).toBe(false);
  });
});

test('means the same for texts that mean the same, and looks at every code point that there is', () => {
  const marks = fc.constantFrom(
    acute,
    dotBelow,
    '\u0344',
    '\u0345',
    '\u0F73',
    '\u0940',
    '\u{1D165}',
    'ế',
    'a',
  );
  const anything = fc.integer({ min: 0, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint));
  const text = fc.array(fc.oneof({ weight: 9, arbitrary: marks }, anything), {
    minLength: 25,
    maxLength: 80,
  });
  fc.assert(
    fc.property(
      text.map((pieces) => pieces.join('')),
      (some) => {
        const answer = isStreamSafe(some);
        expect(isStreamSafe(some.normalize('NFC'))).toBe(answer);
        expect(isStreamSafe(some.normalize('NFD'))).toBe(answer);
      },
    ),
    { numRuns: 500 },
  );
});

test('no code point is a non-starter that is not looked at', () => {
  // Sorted before the combining iota, whose class is the highest: only a non-starter is.
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    if (codePoint === 0xd800) codePoint = 0xe000;
    if (codePoint >= 0xc0 && codePoint < 0x20000) continue;
    const character = String.fromCodePoint(codePoint);
    const [first] = `\u0345${character}`.normalize('NFD');
    if (first !== '\u0345') expect.fail(`U+${codePoint.toString(16)}`);
    if (codePoint < 0xc0) expect(character.normalize('NFD')).toBe(character);
  }
  expect(isStreamSafe('a'.repeat(mostNonStarters + 1))).toBe(true);
});
