import type { Readable } from 'node:stream';

/** Hands out a stream's text line by line; a last line without an end comes when the stream ends. */
export function onLines(stream: Readable, listener: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) listener(line);
  });
  stream.on('end', () => {
    if (rest !== '') listener(rest);
    rest = '';
  });
}
