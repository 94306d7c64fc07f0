/** Kinds of values that settings take. The message of each says what is allowed: infra/read-settings.ts puts it in a sentence. */
import * as v from 'valibot';

export function wholeNumber(from: number, to: number) {
  const allowed = `a whole number from ${from} to ${to}`;
  return v.pipe(v.number(allowed), v.integer(allowed), v.minValue(from, allowed), v.maxValue(to, allowed));
}

export function oneOf<const Options extends readonly (string | number)[]>(options: Options) {
  return v.picklist(options, `one of ${options.map((option) => JSON.stringify(option)).join(', ')}`);
}

export function text(pattern: RegExp, allowed: string) {
  return v.pipe(v.string(allowed), v.regex(pattern, allowed));
}

export const onOrOff = v.boolean('true or false');

export const off = v.literal(false, 'false');
