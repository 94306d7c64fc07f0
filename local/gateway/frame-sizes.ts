/**
 * Watches the bytes that come in on a WebSocket and tells of a data frame above the limit as soon as its header is
 * read. `ws` limits messages only, while API Gateway limits both. It reads headers and skips payloads, so it costs next
 * to nothing; it needs compression off, as API Gateway has it.
 */
export class FrameSizeWatch {
  readonly #limit: number;
  readonly #onOversize: (bytes: number) => void;
  #header = Buffer.alloc(14);
  #headerLength = 0;
  #payloadLeft = 0;
  #stopped = false;

  constructor(limit: number, onOversize: (bytes: number) => void) {
    this.#limit = limit;
    this.#onOversize = onOversize;
  }

  read(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.#stopped) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, chunk.length - offset);
        this.#payloadLeft -= skipped;
        offset += skipped;
        continue;
      }
      this.#header[this.#headerLength] = chunk[offset] ?? 0;
      this.#headerLength += 1;
      offset += 1;
      this.#headerRead();
    }
  }

  /** RFC 6455 §5.2: two bytes, then 0, 2 or 8 of extended length, then 4 of mask if the mask bit is set. */
  #headerRead(): void {
    if (this.#headerLength < 2) return;
    const second = this.#header[1] ?? 0;
    const shortLength = second & 0x7f;
    const extended = shortLength === 126 ? 2 : shortLength === 127 ? 8 : 0;
    const mask = (second & 0x80) === 0 ? 0 : 4;
    if (this.#headerLength < 2 + extended + mask) return;
    let length = shortLength;
    if (extended === 2) length = this.#header.readUInt16BE(2);
    if (extended === 8) length = Number(this.#header.readBigUInt64BE(2));
    this.#headerLength = 0;
    this.#payloadLeft = length;
    if (length > this.#limit) {
      this.#stopped = true;
      this.#onOversize(length);
    }
  }
}
