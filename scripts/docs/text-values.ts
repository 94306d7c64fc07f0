/**
 * Text that the protocol holds to rules JSON Schema has no word for (NFC, UTF-8 bytes, code points after a
 * transformation). Each is written out here: never stricter than the schema of shared/protocol/values.ts, as
 * tests/docs/text-values.test.ts checks, and with the rest said in words.
 */
import type { GenericSchema } from 'valibot';
import { limits } from '../../shared/protocol/limits.ts';
import {
  Content,
  DeviceName,
  DisplayName,
  NewPassword,
  Password,
  RequestId,
  Timestamp,
  Title,
  Username,
} from '../../shared/protocol/values.ts';

type TextSchema = {
  type: 'string';
  minLength?: number;
  maxLength?: number;
  format?: string;
  pattern?: string;
  description: string;
};

/** Unicode category Cc; written as escapes, since not every tool knows `\p{…}`. */
const controls = String.raw`\u0000-\u001F\u007F-\u009F`;
const controlsButTabAndNewline = String.raw`\u0000-\u0008\u000B-\u001F\u007F-\u009F`;
/** Line and paragraph separators, and the characters that turn the direction of text (UAX #9). */
const separatorsAndDirections = String.raw`\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069`;

const unicode =
  'Must be well-formed Unicode with at most 30 combining marks in a row; it is normalized to NFC, and characters are code points of that.';
const shownName = `${unicode} No control or direction characters, and not only spaces.`;

function text(min: number, max: number, description: string, pattern?: string): TextSchema {
  return { type: 'string', minLength: min, maxLength: max, ...(pattern && { pattern }), description };
}

const { min, max } = limits.passwordCharacters;

export const textValues = {
  Content: {
    schema: Content,
    json: text(
      1,
      limits.contentCharacters,
      `Message text, at most ${limits.contentBytes} bytes of UTF-8. ${unicode} No control characters but \`\\n\` and \`\\t\`.`,
      `^[^${controlsButTabAndNewline}]*$`,
    ),
  },
  Title: {
    schema: Title,
    json: text(1, limits.titleCharacters, shownName, `^[^${controls}${separatorsAndDirections}]*$`),
  },
  DisplayName: {
    schema: DisplayName,
    json: text(1, limits.displayNameCharacters, shownName, `^[^${controls}${separatorsAndDirections}]*$`),
  },
  DeviceName: {
    schema: DeviceName,
    json: text(1, limits.deviceNameCharacters, shownName, `^[^${controls}${separatorsAndDirections}]*$`),
  },
  Username: {
    schema: Username,
    json: text(
      3,
      32,
      'Unique. Case does not distinguish users: the name is kept in lower case.',
      '^[A-Za-z0-9_.-]*$',
    ),
  },
  NewPassword: { schema: NewPassword, json: text(min, max, unicode) },
  Password: { schema: Password, json: text(1, max, unicode) },
  RequestId: {
    schema: RequestId,
    json: text(0, 64, "A client's own name for a request, repeated in the reply just as it was sent."),
  },
  Timestamp: {
    schema: Timestamp,
    json: {
      type: 'string',
      format: 'date-time',
      pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`,
      description: 'ISO 8601 in UTC with milliseconds.',
    },
  },
} satisfies Record<string, { schema: GenericSchema; json: TextSchema }>;
