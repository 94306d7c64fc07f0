/** What became of records of the stream, by the idempotency records that storing leaves for ever. */
import { isRemembered, recordOf } from '../../lambdas/stores/change-log.ts';
import { type IdempotencyRecord, idempotencyKey, type MessageLog } from '../../lambdas/stores/message-log.ts';
import { type AcceptedRecord, isChange, readAccepted } from '../../shared/domain/accepted-record.ts';
import type { ReadRecord } from '../stream/shard-reader.ts';

export type Fate =
  /** Nothing is stored under its id: it is on its way, was refused, or was given up. */
  | 'not stored'
  | 'stored'
  /** Another send of the same message is. */
  | 'stored by a retry'
  /** Its id belongs to another message, so that deliver answers its sender with a CONFLICT. */
  | 'id used elsewhere'
  /** Of an erasure nothing is remembered; to do it again does no harm. */
  | 'erasure'
  | 'unreadable';

/** What a record's idempotency record is found by. */
export type Remembered = { senderId: string; messageId: string; conversationId: string };

/** What became of a record, and what that was found by; `undefined` of what leaves no idempotency record. */
export type Found = { fate: Fate; remembered: Remembered | undefined };

/** In the order of `records`. */
export async function fatesOf(log: MessageLog, records: ReadRecord[]): Promise<Found[]> {
  const all = records.map(({ data }) => {
    const accepted = readAccepted(Buffer.from(data).toString('utf8'));
    return { accepted, remembered: accepted && nameOf(accepted) };
  });
  const known = await log.idempotencyRecords(all.flatMap(({ remembered }) => remembered ?? []));
  return all.map(({ accepted, remembered }) => ({ fate: fateOf(accepted, remembered, known), remembered }));
}

function fateOf(
  accepted: AcceptedRecord | undefined,
  remembered: Remembered | undefined,
  known: Map<string, IdempotencyRecord>,
): Fate {
  if (accepted === undefined) return 'unreadable';
  if (remembered === undefined) return 'erasure';
  const record = known.get(idempotencyKey(remembered));
  if (record === undefined) return 'not stored';
  if (isChange(accepted)) return 'stored';
  if (record.conversationId !== accepted.conversationId) return 'id used elsewhere';
  return record.acceptId === accepted.acceptId ? 'stored' : 'stored by a retry';
}

function nameOf(accepted: AcceptedRecord): Remembered | undefined {
  if (!isChange(accepted)) return accepted;
  return isRemembered(accepted) ? recordOf(accepted) : undefined;
}
