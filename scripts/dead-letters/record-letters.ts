/** Records that deliver found impossible to process. */
import * as v from 'valibot';
import type { RecordWriter } from '../stream/record-writer.ts';
import { positionOf } from './dead-letter.ts';
import { cannotBePutBack, type ReadLetter } from './dead-letter-queue.ts';
import { readJson } from './read-json.ts';

/** What lambdas/stores/dead-letter-queue.ts writes. */
const Written = v.object({
  reason: v.string(),
  eventId: v.string(),
  partitionKey: v.string(),
  data: v.pipe(v.string(), v.base64()),
});

export function recordLetters(writer: RecordWriter): ReadLetter {
  return (body) => {
    const parsed = v.safeParse(Written, readJson(body));
    if (!parsed.success) {
      return {
        reason: 'no dead letter of Parley',
        position: 0n,
        size: { records: 0, partitionKeys: [] },
        contents: async () => ({ kind: 'unreadable', text: body }),
        putBack: async () => {
          throw cannotBePutBack();
        },
      };
    }
    const { reason, eventId, partitionKey, data } = parsed.output;
    const record = { eventId, partitionKey, data: Buffer.from(data, 'base64') };
    return {
      reason,
      position: positionOf(eventId),
      size: { records: 1, partitionKeys: [partitionKey] },
      contents: async () => ({ kind: 'records', records: [record] }),
      putBack: async () => {
        await writer.put(record);
      },
    };
  };
}
