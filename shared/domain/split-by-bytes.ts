import { utf8Bytes } from '../protocol/values.ts';

/** Size of a value on the wire, with the comma that parts it from its neighbour. */
export function jsonBytes(value: unknown): number {
  return utf8Bytes(JSON.stringify(value)) + 1;
}

/** The longest beginning of `items` whose JSON fits `maxBytes`. */
export function takeWithinBytes<T>(items: readonly T[], maxBytes: number): T[] {
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    bytes += jsonBytes(item);
    if (bytes > maxBytes) break;
    count += 1;
  }
  return items.slice(0, count);
}

/** Cuts `items`, in order, into runs whose JSON fits `maxBytes` each; an item that alone does not fit is a run of its own. */
export function splitByBytes<T>(items: readonly T[], maxBytes: number): T[][] {
  const runs: T[][] = [];
  let rest = items;
  while (rest.length > 0) {
    const fitting = takeWithinBytes(rest, maxBytes);
    const run = fitting.length > 0 ? fitting : rest.slice(0, 1);
    runs.push(run);
    rest = rest.slice(run.length);
  }
  return runs;
}
