/** What became of records of the stream, by the idempotency records that storing a message leaves for ever. */
import * as v from 'valibot';
import { type IdempotencyRecord, idempotencyKey, type MessageLog } from '../../lambdas/stores/message-log.ts';
import { AcceptedMessage } from '../../shared/domain/accepted-message.ts';
import type { ReadRecord } from '../stream/shard-reader.ts';

export type Fate =
  /** Nothing is stored under its id: it is on its way, was refused, or was given up. */
  | 'not stored'
  | 'stored'
  /** Another send of the same message is. */
  | 'stored by a retry'
  /** Its id belongs to another message, so that deliver answers its sender with a CONFLICT. */
  | 'id used elsewhere'
  | 'unreadable';

export function messageIn({ data }: Pick<ReadRecord, 'data'>): AcceptedMessage | undefined {
  try {
    const parsed = v.safeParse(AcceptedMessage, JSON.parse(Buffer.from(data).toString('utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined; // No JSON: its fate is 'unreadable'.
  }
}

/** In the order of `records`. */
export async function fatesOf(log: MessageLog, records: ReadRecord[]): Promise<Fate[]> {
  const messages = records.map(messageIn);
  const known = await log.idempotencyRecords(messages.filter((one) => one !== undefined));
  return messages.map((message) => fateOf(message, known));
}

function fateOf(message: AcceptedMessage | undefined, known: Map<string, IdempotencyRecord>): Fate {
  if (message === undefined) return 'unreadable';
  const record = known.get(idempotencyKey(message));
  if (record === undefined) return 'not stored';
  if (record.conversationId !== message.conversationId) return 'id used elsewhere';
  return record.acceptId === message.acceptId ? 'stored' : 'stored by a retry';
}
