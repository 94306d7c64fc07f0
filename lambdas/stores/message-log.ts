import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { messagePreview } from '../../shared/domain/message-preview.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { batchGet, type Cancellation, lostRace, transact } from './dynamo.ts';

/** What `Idempotency` remembers, for ever, of one `(senderId, messageId)`. */
export type IdempotencyRecord = {
  senderId: string;
  messageId: string;
  conversationId: string;
  seq: number;
  acceptId: string;
  /** Keyed hash of what was sent, so that other content under the same id is noticed. */
  fingerprint: string;
};

/** A message with what is remembered of its acceptance. */
export type LogEntry = { message: Message; acceptId: string; fingerprint: string };

/** The conversation's state that an append goes on from, and is conditional on but for the time. */
export type LogPosition = {
  conversationId: string;
  lastSeq: number;
  membersVersion: number;
  lastActivityAt: string;
};

export type AppendResult =
  | { outcome: 'appended' }
  /**
   * Nothing was written: the conversation is at another position by now, or some of the messages were stored before, whose
   * records are here by {@link idempotencyKey}.
   */
  | { outcome: 'refused'; known: Map<string, IdempotencyRecord> };

/** A transaction takes 100 items: the conversation, and the message and its idempotency record for each message. */
export const messagesPerAppend = 49;

export function idempotencyKey({ senderId, messageId }: { senderId: string; messageId: string }): string {
  return `${senderId}/${messageId}`;
}

/**
 * The append-only log of each conversation. One transaction moves `lastSeq`, stores the messages and their
 * idempotency records, or does none of it: so the sequence is dense and nothing is stored twice, whoever else runs.
 */
export class MessageLog {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: { conversations: string; messages: string; idempotency: string };

  constructor(
    documents: DynamoDBDocumentClient,
    tables: { conversations: string; messages: string; idempotency: string },
  ) {
    this.#documents = documents;
    this.#tables = tables;
  }

  async idempotencyRecord(senderId: string, messageId: string): Promise<IdempotencyRecord | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({
        TableName: this.#tables.idempotency,
        Key: { senderId, messageId },
        ConsistentRead: true,
      }),
    );
    return Item as IdempotencyRecord | undefined; // Only `append` writes the table.
  }

  /** What is remembered of any number of messages, by {@link idempotencyKey}. */
  async idempotencyRecords(
    messages: readonly { senderId: string; messageId: string }[],
  ): Promise<Map<string, IdempotencyRecord>> {
    const keys = new Map(
      messages.map(({ senderId, messageId }) => [
        idempotencyKey({ senderId, messageId }),
        { senderId, messageId },
      ]),
    );
    const items = await batchGet(this.#documents, this.#tables.idempotency, [...keys.values()]);
    const records = items as IdempotencyRecord[]; // As above.
    return new Map(records.map((record) => [idempotencyKey(record), record]));
  }

  /** Appends 1 to {@link messagesPerAppend} messages, whose `seq` go on densely from `position.lastSeq`. */
  async append(position: LogPosition, entries: LogEntry[]): Promise<AppendResult> {
    const newest = entries.at(-1)?.message;
    if (newest === undefined) throw new Error('There is nothing to append');
    try {
      await transact(this.#documents, [
        {
          Update: {
            TableName: this.#tables.conversations,
            Key: { conversationId: position.conversationId },
            UpdateExpression:
              'SET lastSeq = :newSeq, lastActivityAt = :createdAt, lastMessagePreview = :preview',
            ConditionExpression: 'lastSeq = :lastSeq AND membersVersion = :membersVersion',
            ExpressionAttributeValues: {
              ':lastSeq': position.lastSeq,
              ':membersVersion': position.membersVersion,
              ':newSeq': newest.seq,
              ':createdAt': newest.createdAt,
              ':preview': messagePreview(newest),
            },
          },
        },
        ...entries.map(({ message }) => ({
          Put: {
            TableName: this.#tables.messages,
            Item: message,
            ConditionExpression: 'attribute_not_exists(seq)',
          },
        })),
        ...entries.map((entry) => ({
          Put: {
            TableName: this.#tables.idempotency,
            Item: idempotencyRecordOf(entry),
            ConditionExpression: 'attribute_not_exists(messageId)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
          },
        })),
      ]);
      return { outcome: 'appended' };
    } catch (error) {
      const reasons = lostRace(error);
      if (reasons === undefined) throw error;
      return { outcome: 'refused', known: knownIn(reasons) };
    }
  }
}

function idempotencyRecordOf({ message, acceptId, fingerprint }: LogEntry): IdempotencyRecord {
  const { senderId, messageId, conversationId, seq } = message;
  return { senderId, messageId, conversationId, seq, acceptId, fingerprint };
}

function knownIn(reasons: Cancellation[]): Map<string, IdempotencyRecord> {
  const items = reasons.flatMap((reason) => (reason.item === undefined ? [] : [reason.item]));
  const records = items as IdempotencyRecord[]; // Only the puts into that table ask for the item in their way.
  return new Map(records.map((record) => [idempotencyKey(record), record]));
}
