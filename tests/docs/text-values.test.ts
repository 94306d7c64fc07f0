import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { textValues } from '../../scripts/docs/text-values.ts';

const samples = [
  ...[
    '',
    ' ',
    'a',
    'ab',
    'abc',
    'Abc',
    'a.b-c_d',
    'ABC',
    'hello world',
    'straße',
    'Zoë',
    '日本語',
    'a\u0301bc',
  ],
  ...['a\nb', 'a\tb', 'a\rb', 'a\u0000b', 'a\u007Fb', 'a\u0085b', 'abc\u2028d', 'abc\u202Ed', 'abc\u200Fd'],
  // Around each limit, and counted in code points: U+1F44D is two UTF-16 units.
  ...[1, 2, 3, 7, 8, 32, 33, 64, 65, 100, 101, 128, 129, 8_000, 8_001].flatMap((length) => [
    'x'.repeat(length),
    '\u{1F44D}'.repeat(length),
  ]),
  ...['2026-11-24T10:00:00.000Z', '2026-11-24T10:00:00Z', '2026-11-24', '2026-11-24T10:00:00.000+01:00'],
];

/** What JSON Schema has no word for, so that a document's reader is told in words. */
const onlyInWords = new Set([
  ' ', // A shown name of spaces only.
  ...samples.filter((sample) => Buffer.byteLength(sample) > 16 * 1024), // Content counts bytes too.
]);

describe.each(Object.entries(textValues))('the JSON schema of %s', (_name, { schema, json }) => {
  const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(json);

  test('accepts what the protocol accepts, and nothing else that it has words for', () => {
    for (const sample of samples) {
      const accepted = v.safeParse(schema, sample).success;
      if (!accepted && onlyInWords.has(sample)) continue;
      expect(validate(sample), JSON.stringify(sample.slice(0, 40))).toBe(accepted);
    }
  });
});
