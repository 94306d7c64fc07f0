import fc from 'fast-check';

/** Values that have gone wrong somewhere before, and what is built of them. */

/** What parsers, normalization, regular expressions, stores and logs have stumbled over. */
// biome-ignore format: a list to be read in groups.
const units = fc.constantFrom(
  'a', '0', ' ', '.', ',', '-', '_', '/', '%', '+', '=', '"', '\\', '{', '[', '}', ']', ':', ';', '\u0000', '\n',
  '\t', '\r', '\u007F', '\u0085', '\u00A0', '\u00AD', '\u200B', '\u200D', '\u2028', '\u202E', '\u2066', '\uFEFF',
  '\uFFFD', '\uFFFE', '\uD800', '\uDC00',
  // Combining marks of different classes, whose order normalization must find.
  '\u0301', '\u0323', '\u0327', '\u0345', '\u093C', '\u3099', '\u1DFA', '\u{1D165}', '\u0315', '\u05B0',
  // What grows, shrinks or changes its case in unexpected ways.
  '\uFDFA', '\u0390', '\u1E9E', '\u212A', '\u0130', '\uFB2C', '\u{16126}', '\u1100\u1161\u11A8', '\u00E9',
  // Emoji, and what they are made of.
  '❤', '👍', '👍🏽', '👩\u200D❤\u200D💋\u200D👩', '🇫🇷', '🇫', '1\uFE0F\u20E3', '\uFE0F', '\u{E0067}', '🏴\u{E0067}\u{E0062}\u{E007F}',
  '__proto__', 'constructor', 'toString', '#n', ':v', '\x24{x}', '{{7*7}}', '<script>', '../', '$connect', 'eyJhbGciOiJub25lIn0.', 'bearer.',
);

/** So often after one another, up to what a request holds. */
const counts = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 3, arbitrary: fc.integer({ min: 5, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 300, max: 33_000 }) },
);

const runsOfUnits = fc
  .array(fc.tuple(fc.oneof(units, fc.string({ unit: 'binary', maxLength: 3 })), counts), {
    minLength: 1,
    maxLength: 5,
  })
  .map((runs) => runs.map(([unit, count]) => unit.repeat(count)).join(''));

/** Marks of a high combining class before those of a low one, which normalization must put in order: a quadratic step. */
const unorderedMarks = fc.tuple(
  fc.constantFrom('a\u0301', '\u0315', '\u0345'),
  fc.constantFrom('\u0323', '\u0327', '\u05B0', '\u3099'),
);

/** A text of a few units, each repeated until all of it takes so many bytes as JSON: what is costly shows at full length. */
export function textsOf(bytes: number): fc.Arbitrary<string> {
  const parts = fc.oneof<fc.MaybeWeightedArbitrary<string[]>[]>(
    { weight: 1, arbitrary: unorderedMarks },
    { weight: 2, arbitrary: fc.array(units, { minLength: 1, maxLength: 3 }) },
  );
  return parts.map((all) =>
    all
      .map((unit) => unit.repeat(bytes / all.length / (Buffer.byteLength(JSON.stringify(unit)) - 2)))
      .join(''),
  );
}

export const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: runsOfUnits },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', 'null', '0', '-1', '1e999', '9007199254740993', 'true', 'NaN'),
  },
);

const numbers = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 1e21, 1e308, 2 ** 31, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 100, 101),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any JSON value, small ones mostly. */
export const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: texts },
  { weight: 2, arbitrary: numbers },
  { weight: 1, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.array(texts, { maxLength: 120 }) },
  { weight: 1, arbitrary: fc.dictionary(texts, fc.oneof(texts, numbers), { maxKeys: 5 }) },
);
