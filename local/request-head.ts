/**
 * The head of an HTTP/1.1 request, parsed for the guard alone: the server behind it parses the same bytes again. So this
 * accepts less than HTTP allows and reads nothing in two ways: no folded lines, no line ends but CRLF, no header twice.
 */

export type RequestHead = { method: string; headers: Record<string, string> };

/** As Node.js' own server. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** A request that no AWS client sends; the message says why. */
export class MalformedHead extends Error {}

const END = '\r\n\r\n';
const REQUEST_LINE = /^([A-Z]{1,20}) \/[!-~]* HTTP\/1\.1$/;
/** A token, a colon, and a value without control characters (RFC 9110, section 5). */
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/;

/** Returns undefined while the head is not complete. Throws `MalformedHead` where it is none, or too long. */
export function parseRequestHead(bytes: Buffer): RequestHead | undefined {
  const end = bytes.indexOf(END);
  if (end > MAX_HEAD_BYTES || (end < 0 && bytes.length > MAX_HEAD_BYTES)) {
    throw new MalformedHead(`The head of the request is longer than ${MAX_HEAD_BYTES} bytes.`);
  }
  if (end < 0) return undefined;
  const [requestLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const method = REQUEST_LINE.exec(requestLine)?.[1];
  if (method === undefined) throw new MalformedHead('This is not an HTTP/1.1 request.');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new MalformedHead('A header is malformed.');
    if (headers.has(name.toLowerCase())) throw new MalformedHead(`The header ${name} is there twice.`);
    headers.set(name.toLowerCase(), value.trim());
  }
  return { method, headers: Object.fromEntries(headers) };
}
