export type TextPart = { text: string; href?: string };

/** Only what names its scheme: a bare `example.com` may as well be the end of one sentence and the start of another. */
const candidate = /\bhttps?:\/\/[^\s<>"'`\u2018-\u201F]+/gi;
const closing: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Splits text into plain parts and web addresses. Joined again, the parts are the text. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(candidate)) {
    const address = withoutTrailingPunctuation(match[0]);
    const href = webAddress(address);
    if (href === undefined) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** `(see https://example.com/a_(b)).` ends with a bracket of the address, one of the sentence, and a full stop. */
function withoutTrailingPunctuation(address: string): string {
  let end = address.length;
  // How many more of a closing bracket there are than of its opening one. Counted once: an address may be 8,000 of them.
  const surplus = new Map<string, number>();
  for (; end > 0; end -= 1) {
    const last = address.charAt(end - 1);
    const opening = closing[last];
    if (opening !== undefined) {
      // No opening one is ever cut off, and of this one none was before it is counted.
      const more = surplus.get(last) ?? address.split(last).length - address.split(opening).length;
      if (more <= 0) break;
      surplus.set(last, more - 1);
    } else if (!/[.,;:!?*_~]/.test(last)) break;
  }
  return address.slice(0, end);
}

function webAddress(text: string): string | undefined {
  const url = URL.parse(text);
  // `https://bank.example@evil.example` shows one place and leads to another.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') return undefined;
  return url.href;
}
