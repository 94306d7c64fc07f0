import fc from 'fast-check';
import { cursors } from './cursors.ts';
import { texts, textsOf, values } from './hostile.ts';

/** Requests as clients send them, each changed in a few places. */

type Fields = Record<string, unknown>;
type Change = (fields: Fields, entries: [name: string, text: string][]) => [name: string, text: string][];

const oneOf = <T>(all: readonly T[], at: number): T | undefined => all[Math.floor(at * all.length)];
const place = fc.double({ min: 0, max: 0.999, noNaN: true });

/** Changes of single fields. They work on names with JSON text, so that a name may come twice. */
const fieldChange: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(place, values).map(
      ([at, value]): Change =>
        (_, entries) => {
          const chosen = oneOf(entries, at)?.[0];
          return entries.map(([name, text]) => [name, name === chosen ? JSON.stringify(value) : text]);
        },
    ),
  },
  {
    // A list as long as it may be and longer.
    weight: 2,
    arbitrary: fc.tuple(place, values, fc.integer({ min: 0, max: 140 })).map(
      ([at, value, count]): Change =>
        (fields, entries) => {
          const lists = entries.filter(([name]) => Array.isArray(fields[name]));
          const chosen = oneOf(lists, at)?.[0];
          const items = chosen === undefined ? [] : [fields[chosen]].flat();
          return entries.map(([name, text]) => [
            name,
            name === chosen
              ? JSON.stringify([...items, ...Array.from({ length: count }, () => value)])
              : text,
          ]);
        },
    ),
  },
  {
    weight: 2,
    arbitrary: place.map(
      (at): Change =>
        (_, entries) =>
          entries.filter((entry) => entry !== oneOf(entries, at)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.oneof(texts, fc.constantFrom('__proto__', 'constructor', 'extra')), values).map(
      ([name, value]): Change =>
        (_, entries) => [...entries, [name, JSON.stringify(value)]],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, values).map(
      ([at, value]): Change =>
        (_, entries) => {
          const twice = oneOf(entries, at);
          return twice === undefined ? entries : [...entries, [twice[0], JSON.stringify(value)]];
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, fc.constantFrom('[', '{"a":'), fc.integer({ min: 1, max: 6_000 })).map(
      ([at, open, depth]): Change =>
        (_, entries) => {
          const chosen = oneOf(entries, at);
          const close = open === '[' ? ']' : '}';
          const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
          return entries.map((entry) => (entry === chosen ? [entry[0], nested] : entry));
        },
    ),
  },
);

/** Hostile text where text belongs, and all else as it was: the way past every other check. */
function textInPlace(all: fc.Arbitrary<string>): fc.Arbitrary<Change> {
  return fc.tuple(place, all).map(
    ([at, text]): Change =>
      (fields, entries) => {
        const ofText = entries.filter(([name]) => typeof fields[name] === 'string' && name !== 'action');
        const chosen = oneOf(ofText, at)?.[0];
        return entries.map(([name, before]) => [name, name === chosen ? JSON.stringify(text) : before]);
      },
  );
}

/** Changes of the text itself, which is mostly no JSON afterwards. */
const textChange: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc.tuple(place, texts).map(([at, extra]) => (text: string) => {
    const index = Math.floor(at * text.length);
    return text.slice(0, index) + extra + text.slice(index);
  }),
  place.map((at) => (text: string) => text.slice(0, Math.floor(at * text.length))),
  fc
    .integer({ min: 1, max: 40_000 })
    .map((spaces) => (text: string) => text.replace('{', `{${' '.repeat(spaces)}`)),
  fc.constant((text: string) =>
    text.replaceAll(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
  ),
  fc.constant((text: string) => `[${text}]`),
  texts.map((replacement) => () => replacement),
);

/**
 * The JSON text of `example`, or of something that was made of it.
 *
 * @param maxBytes what a request may have
 */
export function mutated(example: Fields, maxBytes: number): fc.Arbitrary<string> {
  const longest = maxBytes - Buffer.byteLength(JSON.stringify(example));
  const changeOfText = textInPlace(fc.oneof(texts, textsOf(longest)));
  return fc
    .tuple(
      fc.oneof(
        { weight: 2, arbitrary: changeOfText.map((change) => [change]) },
        { weight: 3, arbitrary: fc.array(fieldChange, { maxLength: 3 }) },
      ),
      fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: textChange }),
    )
    .map(([changes, change]) => {
      let entries = Object.entries(example).map(([name, value]): [string, string] => [
        name,
        JSON.stringify(value),
      ]);
      for (const apply of changes) entries = apply(example, entries);
      const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`;
      return change === undefined ? text : change(text);
    });
}

/** A query string of these parameters, or of something that was made of them. */
export function mutatedQuery(example: Record<string, string>): fc.Arbitrary<string> {
  const escaped = (text: string) => encodeURIComponent(text.toWellFormed());
  const parameter = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...Object.entries(example), ['limit', '1'] as [string, string]) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(example), 'cursor', 'limit'), texts) },
    { weight: 3, arbitrary: cursors.map((cursor): [string, string] => ['cursor', cursor]) },
    { weight: 1, arbitrary: fc.tuple(texts, texts) },
  );
  const all = Object.entries(example).map(([name, value]) => `${name}=${escaped(value)}`);
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(all.join('&')) },
    {
      weight: 4,
      arbitrary: fc
        .array(parameter, { maxLength: 4 })
        .map((parameters) =>
          parameters.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&'),
        ),
    },
    { weight: 1, arbitrary: texts.map((text) => text.toWellFormed()) },
  );
}
