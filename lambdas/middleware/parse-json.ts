import * as v from 'valibot';
import { ParleyError } from '../../shared/protocol/errors.ts';

/** What a client sent, read as JSON and held to its schema. Throws `PAYLOAD_TOO_LARGE` or `BAD_REQUEST`. */
export function parseJson<Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
  maxBytes: number,
): v.InferOutput<Schema> {
  const value = readJson(text, maxBytes);
  // To valibot a list is an object too, and an empty one is good wherever every field may be left out.
  if (Array.isArray(value)) throw new ParleyError('BAD_REQUEST', 'The request must be a JSON object.');
  return parse(value, schema);
}

export function readJson(text: string, maxBytes: number): unknown {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ParleyError('PAYLOAD_TOO_LARGE', `At most ${maxBytes} bytes are taken.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // Also a RangeError, of nesting too deep for the parser.
    throw new ParleyError('BAD_REQUEST', 'This is not JSON.', { cause: error });
  }
}

export function parse<Schema extends v.GenericSchema>(input: unknown, schema: Schema): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, input, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new ParleyError('BAD_REQUEST', describe(parsed.issues[0]));
}

/** Which field, and what it must be; never what was sent. */
function describe(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  if (field === null) return `The request ${complaint(issue)}.`;
  // The name of an unknown field is the client's own, of any length and content.
  return isFieldName(field) ? `${field}: ${complaint(issue)}.` : 'The request has a field that is not known.';
}

/** Whether a name that a client made up reads as one, so that an error may repeat it. */
export function isFieldName(name: string): boolean {
  return /^[\w.-]{1,64}$/.test(name);
}

function complaint(issue: v.BaseIssue<unknown>): string {
  // Valibot's own messages begin so, and quote the input; ours say what must hold.
  if (!issue.message.startsWith('Invalid')) return issue.message;
  if (issue.expected === 'never') return 'is not a known field';
  if (issue.received === 'undefined') return 'is missing';
  const expected = issue.expected ?? 'valid';
  return `must be ${words[expected] ?? expected}`;
}

const words: Record<string, string> = {
  Object: 'a JSON object',
  Array: 'a list',
  string: 'a string',
  number: 'a number',
};
