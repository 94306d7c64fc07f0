import { isStreamSafe } from '../../../shared/text/stream-safe.ts';

/** docs/protocol.md, "Values": counted in Unicode code points, and in bytes of UTF-8. */
const MOST_CHARACTERS = 8_000;
const MOST_BYTES = 16 * 1024;
/** So near to the limit, it is told. */
const TOLD_BELOW = 500;

/** What will be sent: without the blank space around it and the control characters that the protocol refuses. */
export function sendable(text: string): string {
  return normal(text.toWellFormed())
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .replace(/^\s*\n/, '')
    .trimEnd();
}

/** What {@link lengthProblem} holds back stays as it is: normalizing it takes seconds. */
function normal(text: string): string {
  return isStreamSafe(text) ? text.normalize('NFC') : text;
}

export type LengthProblem = { words: string; isTooLong: boolean };

export function lengthProblem(text: string): LengthProblem | undefined {
  if (!isStreamSafe(text)) return { words: 'Too many marks on one letter', isTooLong: true };
  // No text has more code points than UTF-16 units, or more than three bytes for each of those.
  if (text.length <= MOST_BYTES / 3) return undefined;
  const left = MOST_CHARACTERS - [...text].length;
  if (left < 0) return { words: `Too long by ${-left} characters`, isTooLong: true };
  if (new TextEncoder().encode(text).length > MOST_BYTES)
    return { words: 'Too long: send it in two messages', isTooLong: true };
  return left < TOLD_BELOW ? { words: `${left} characters left`, isTooLong: false } : undefined;
}
