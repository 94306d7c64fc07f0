/**
 * Stream-Safe Text Format (UAX #15, section 13): no more than 30 non-starters in a row, which is far more than any script
 * or notation needs. Normalizing sorts each such run by insertion, so that one long run costs the square of its length.
 *
 * Unlike the format itself this looks at the canonical decomposition (NFD), which is what NFC begins with, and not at NFKD:
 * half-width katakana voicing marks (U+FF9E) are letters here.
 */

export const mostNonStarters = 30;

/** Whether no run of non-starters is longer than {@link mostNonStarters}. Looks at each code point once. */
export function isStreamSafe(text: string): boolean {
  let run = 0;
  for (let index = 0; index < text.length; index += 1) {
    let codePoint = text.charCodeAt(index);
    if (codePoint >= 0xd800 && codePoint <= 0xdbff) {
      codePoint = text.codePointAt(index) ?? codePoint;
      if (codePoint > 0xffff) index += 1;
    }
    if (codePoint < firstDecomposed || codePoint >= beyondMarks) {
      run = 0;
      continue;
    }
    const kind = kinds[codePoint] || kindOf(codePoint);
    kinds[codePoint] = kind;
    run = kind >= nonStarters ? run + kind - nonStarters : kind - starter;
    if (run > mostNonStarters) return false;
  }
  return true;
}

/** Below it, nothing is a non-starter or decomposes into one: U+00C0 is À. */
const firstDecomposed = 0xc0;
/** From plane 2 on, no code point is a non-starter: those are ideographs, tags and variation selectors. */
const beyondMarks = 0x20000;

/** What is known of each code point so far; 0 is nothing. Node knows no property for it, and a table would age. */
const kinds = new Uint8Array(beyondMarks);
/** Plus the number of non-starters at the end of what it decomposes into: 2 for `ế`. */
const starter = 1;
/** Plus the number of non-starters that it is, or decomposes into. */
const nonStarters = 16;

function kindOf(codePoint: number): number {
  const decomposed = [...String.fromCodePoint(codePoint).normalize('NFD')];
  const before = decomposed.findLastIndex((character) => !isNonStarter(character));
  return (before === -1 ? nonStarters : starter) + decomposed.length - 1 - before;
}

/** The combining iota: no other character has its combining class, 240, and none has a higher one. */
const last = '\u0345';

/** A character whose canonical combining class is not 0. Only such a one is sorted before the combining iota. */
function isNonStarter(character: string): boolean {
  return character === last || (last + character).normalize('NFD').startsWith(character);
}
