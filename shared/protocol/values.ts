import * as v from 'valibot';
import { isStreamSafe, mostNonStarters } from '../text/stream-safe.ts';
import { limits } from './limits.ts';

const encoder = new TextEncoder();

/** Length as the protocol counts it: Unicode code points, not UTF-16 units. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Of UTF-16 units that become one character in NFC: as many as this can at most, and two more. Those of U+16126, three letters
 * outside of plane 0, are six.
 */
const unitsPerCharacter = 8;
/** Of bytes of UTF-8 that become one in NFC. The Kelvin sign (U+212A), a K in NFC, has three. */
const bytesPerByte = 3;

const wellFormed = v.check<string, string>(
  (text) => text.isWellFormed(),
  'must be well-formed Unicode (no lone surrogates)',
);

/**
 * Well-formed Unicode in NFC. A lone surrogate cannot be written as UTF-8, so it would not survive storage. Normalizing is
 * the costly step, and comes after whatever can refuse the text without it: what is too long in any form of it, and
 * runs of combining marks, whose cost is quadratic.
 */
function unicode(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.check((text) => text.length <= unitsPerCharacter * max, wordsOfLength(min, max)),
    wellFormed,
    v.check(isStreamSafe, `must have at most ${mostNonStarters} combining marks in a row`),
    v.transform((text) => text.normalize('NFC')),
    charactersBetween(min, max),
  );
}

function charactersBetween(min: number, max: number) {
  return v.check<string, string>(
    (text) => {
      // No character has more than two units: what has more than so many need not be counted.
      if (text.length > 2 * max) return false;
      const count = characters(text);
      return count >= min && count <= max;
    },
    wordsOfLength(min, max),
  );
}

function wordsOfLength(min: number, max: number): string {
  return `must have ${min} to ${max} characters`;
}

/** Message text: `\n` and `\t` are the only control characters (Unicode category Cc) in it. */
export const Content = v.pipe(
  v.string(),
  // Before it is normalized, as `unicode` does with characters; no unit has more than three bytes.
  v.check(
    (text) => text.length <= limits.contentBytes || utf8Bytes(text) <= bytesPerByte * limits.contentBytes,
    `must fit ${limits.contentBytes} bytes of UTF-8`,
  ),
  unicode(1, limits.contentCharacters),
  v.check((text) => utf8Bytes(text) <= limits.contentBytes, `must fit ${limits.contentBytes} bytes of UTF-8`),
  v.regex(/^(?:[\n\t]|\P{Cc})*$/u, 'must have no control characters but \\n and \\t'),
);

/**
 * A name that is shown beside others' names: one line, not blank, and without the characters that turn the
 * direction of the text around it (UAX #9), which make one name look like another.
 */
function shownName(max: number) {
  return v.pipe(
    unicode(1, max),
    v.regex(
      /^[^\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]*$/u,
      'must have no control or direction characters',
    ),
    v.regex(/\P{Z}/u, 'must not be blank'),
  );
}

export const Title = shownName(limits.titleCharacters);
export const DisplayName = shownName(limits.displayNameCharacters);
export const DeviceName = shownName(limits.deviceNameCharacters);

/** Case does not distinguish users: the name is kept in lower case. */
export const Username = v.pipe(
  v.string(),
  // Before it is lowered: the Kelvin sign (U+212A) becomes a k only then.
  v.regex(/^[A-Za-z0-9_.-]{3,32}$/, 'must be 3 to 32 of a-z, 0-9, _, . and -'),
  v.toLowerCase(),
);

export const NewPassword = unicode(limits.passwordCharacters.min, limits.passwordCharacters.max);

/** A password to be checked: one that could not have been chosen is wrong, not malformed. */
export const Password = unicode(1, limits.passwordCharacters.max);

const id = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{1,64}$/, `must be 1 to ${limits.idCharacters} of A-Z, a-z, 0-9, _ and -`),
);
export const UserId = id;
export const ConversationId = id;
export const MessageId = id;
export const CreateId = id;
export const SessionId = id;

/** Up to as many as one call may name. One that is repeated counts once. */
export function distinctUserIds(min: number) {
  return v.pipe(
    v.array(UserId),
    v.minLength(min, `must name at least ${min} user`),
    v.maxLength(limits.idsPerCall, `must name at most ${limits.idsPerCall} users`),
    v.transform((ids) => [...new Set(ids)]),
  );
}

/** Up to as many as one call may name, repeats included. */
export const UserIds = v.pipe(
  v.array(UserId),
  v.minLength(1, 'must name at least 1 user'),
  v.maxLength(limits.idsPerCall, `must name at most ${limits.idsPerCall} users`),
);

/** Where the caller shares a conversation with people who are asked about: one for all of them, or one for each. */
export const SharedConversationIds = v.array(ConversationId);

/** Holds {@link SharedConversationIds} to the number of people they are for. */
export function isOneForAllOrEach(
  conversationIds: readonly string[] | undefined,
  userIds: readonly string[],
): boolean {
  return conversationIds === undefined || [1, userIds.length].includes(conversationIds.length);
}

export const oneForAllOrEach = 'conversationIds: must name one conversation, or as many as there are users';

/** A client's own name for a request, repeated in the reply just as it was sent. */
export const RequestId = v.pipe(v.string(), charactersBetween(0, limits.idCharacters), wellFormed);

export const Seq = v.pipe(
  v.number(),
  v.safeInteger('must be an integer'),
  v.minValue(1, 'must be at least 1'),
);
/** Place among the changes to a conversation's messages. */
export const Revision = Seq;
export const SeqOrZero = v.pipe(
  v.number(),
  v.safeInteger('must be an integer'),
  v.minValue(0, 'must be at least 0'),
);

const emoji = /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic})$/v;
const qualified = /^\p{RGI_Emoji}$/v;
/** Asks for the picture, where a character may stand for itself as well (U+2764 with it is a red heart). */
const emojiSelector = '\uFE0F';

/**
 * One emoji as a keyboard offers it, with its skin tone or as a sequence of several. A single character that lacks its
 * variation selector is given it, so that the two ways to write it are one.
 */
export const Emoji = v.pipe(
  unicode(1, limits.emojiCodePoints),
  v.check((text) => emoji.test(text), 'must be one emoji'),
  v.transform((text) => (qualified.test(text + emojiSelector) ? text + emojiSelector : text)),
);

export const ReactionOp = v.picklist(['add', 'remove'], 'must be "add" or "remove"');

export const OnlineStatus = v.picklist(['online', 'offline']);

export const TypingState = v.picklist(['started', 'stopped'], 'must be "started" or "stopped"');

/** A number of things. */
export const Count = v.pipe(
  v.number(),
  v.safeInteger('must be an integer'),
  v.minValue(0, 'must be at least 0'),
);

export const PageLimit = v.pipe(
  v.number(),
  v.integer('must be an integer'),
  v.minValue(limits.page.min, `must be at least ${limits.page.min}`),
  v.maxValue(limits.page.max, `must be at most ${limits.page.max}`),
);

/** ISO 8601 in UTC with milliseconds, and a day that exists. */
export const Timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'must be ISO 8601 UTC with milliseconds'),
  v.check((text) => {
    const time = Date.parse(text);
    return !Number.isNaN(time) && new Date(time).toISOString() === text;
  }, 'must be a time that exists'),
);

export const Role = v.picklist(['admin', 'member']);
export type Role = v.InferOutput<typeof Role>;
