import fc from 'fast-check';
import { texts } from './hostile.ts';

const time = '2026-11-24T10:00:00.000Z';
/** Of the inbox: nearly right, or anything. */
export const cursors: fc.Arbitrary<string> = fc.oneof(
  texts.map((text) => Buffer.from(text).toString('base64url')),
  texts,
  fc
    .tuple(texts, fc.constantFrom(time, '9999-99-99T99:99:99.999Z', ''), fc.constantFrom('', ' ', ' cnv_1'))
    .map(([text, at, id]) => Buffer.from(`${at}${id} ${text}`).toString('base64url')),
);
