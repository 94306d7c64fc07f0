import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSizeWatch } from './frame-sizes.ts';

/** A client's frame: RFC 6455 §5.2, masked. */
function frame(bytes: number, opcode: number): Buffer {
  const length =
    bytes < 126
      ? [bytes]
      : bytes < 65536
        ? [126, bytes >> 8, bytes & 255]
        : [127, 0, 0, 0, 0, 0, bytes >> 16, (bytes >> 8) & 255, bytes & 255];
  const [short = 0, ...extended] = length;
  return Buffer.concat([
    Buffer.from([0x80 | opcode, 0x80 | short, ...extended, 1, 2, 3, 4]),
    Buffer.alloc(bytes, 7),
  ]);
}

test('finds the first frame above the limit, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytes: fc.nat(70_000), opcode: fc.constantFrom(1, 0, 9) }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
      (frames, cuts) => {
        const limit = 32 * 1024;
        const found: number[] = [];
        const watch = new FrameSizeWatch(limit, (bytes) => found.push(bytes));
        const stream = Buffer.concat(frames.map(({ bytes, opcode }) => frame(bytes, opcode)));
        for (let start = 0, index = 0; start < stream.length; index += 1) {
          const length = cuts[index % cuts.length] ?? 1;
          watch.read(stream.subarray(start, start + length));
          start += length;
        }
        const first = frames.find(({ bytes }) => bytes > limit);
        expect(found).toEqual(first === undefined ? [] : [first.bytes]);
      },
    ),
    { numRuns: 50 },
  );
});

test('reads a length of 64 bits before its payload has come', () => {
  const found: number[] = [];
  const watch = new FrameSizeWatch(10, (bytes) => found.push(bytes));
  watch.read(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 1, 2, 3]));
  expect(found).toEqual([]);
  watch.read(Buffer.from([4]));
  expect(found).toEqual([2 ** 31]);
});
