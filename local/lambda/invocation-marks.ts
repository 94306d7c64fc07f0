/** Begins no line that a program writes to its log. */
const mark = '\u0000invocation ';

/** In the worker: says whose the lines are that follow, on both streams, since each keeps to its own order. */
export function markInvocation(requestId: string): void {
  for (const stream of [process.stdout, process.stderr]) stream.write(`${mark}${requestId}\n`);
}

/** Outside of it: the lines of one stream with the invocation that wrote each. */
export class MarkedLines {
  #invocationId: string | undefined;

  /** @returns undefined for a mark, which nobody else should see */
  take(line: string): { line: string; invocationId?: string } | undefined {
    const invocationId = this.#invocationId;
    const at = line.indexOf(mark);
    // The last line of the invocation before may have had no end.
    const text = at < 0 ? line : line.slice(0, at);
    if (at >= 0) this.#invocationId = line.slice(at + mark.length);
    if (at >= 0 && text === '') return undefined;
    return { line: text, ...(invocationId !== undefined && { invocationId }) };
  }
}
