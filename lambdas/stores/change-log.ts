import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { messagePreview } from '../../shared/domain/message-preview.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import { batchGet, cancellations, isLostRace, transact } from './dynamo.ts';

/** What `Idempotency` remembers, for ever, of one change. No client can name a message like this: a `messageId` has no colon. */
type ChangeRecord = { senderId: string; messageId: string; conversationId: string; seq: number };

/** The conversation's state that changes go on from, and are conditional on. */
export type ChangePosition = {
  conversationId: string;
  lastRevision: number;
  membersVersion: number;
  /** Also what the preview is of. */
  lastSeq: number;
};

/** A message as one or more changes make it; its `revision` is that of the last of them. */
export type ChangeEntry = { message: Message; before: Message; changes: AcceptedChange[] };

export type ApplyResult =
  | { outcome: 'applied' }
  /** Nothing was written: the conversation is at another position by now, or some were applied before, whose `acceptId`s are here. */
  | { outcome: 'refused'; known: Set<string> };

/**
 * A transaction takes 100 items: the conversation, and at the worst four for each change, which are the message, its place
 * among the changes, its place of before, and the idempotency record.
 */
export const changesPerTransaction = 24;

/**
 * Changes messages. One transaction moves `lastRevision`, stores the messages and notes where they stand among the changes,
 * or does none of it. All changes of a conversation move its `lastRevision` on, so that condition guards the messages too.
 */
export class ChangeLog {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: { conversations: string; messages: string; changes: string; idempotency: string };

  constructor(
    documents: DynamoDBDocumentClient,
    tables: { conversations: string; messages: string; changes: string; idempotency: string },
  ) {
    this.#documents = documents;
    this.#tables = tables;
  }

  /** Applies 1 to {@link changesPerTransaction} changes, whose revisions go on from `position.lastRevision`. */
  async apply(
    { conversationId, lastRevision, membersVersion, lastSeq }: ChangePosition,
    entries: ChangeEntry[],
  ): Promise<ApplyResult> {
    const changes = entries.flatMap((entry) => entry.changes);
    const records = changes.filter(isRemembered).map(recordOf);
    const newest = entries.find(({ message }) => message.seq === lastSeq)?.message;
    const places = [
      ...entries.map(({ message }) => ({
        Put: {
          TableName: this.#tables.changes,
          Item: { conversationId, revision: message.revision, seq: message.seq },
        },
      })),
      ...entries.flatMap(({ before: { revision } }) =>
        revision === undefined
          ? []
          : [{ Delete: { TableName: this.#tables.changes, Key: { conversationId, revision } } }],
      ),
    ];
    try {
      await transact(this.#documents, [
        ...records.map((record) => ({
          Put: {
            TableName: this.#tables.idempotency,
            Item: record,
            ConditionExpression: 'attribute_not_exists(messageId)',
          },
        })),
        {
          Update: {
            TableName: this.#tables.conversations,
            Key: { conversationId },
            UpdateExpression: `SET lastRevision = :newRevision${newest ? ', lastMessagePreview = :preview' : ''}`,
            ConditionExpression:
              'lastRevision = :lastRevision AND membersVersion = :membersVersion AND lastSeq = :lastSeq',
            ExpressionAttributeValues: {
              ':lastRevision': lastRevision,
              ':membersVersion': membersVersion,
              ':lastSeq': lastSeq,
              ':newRevision': lastRevision + changes.length,
              ...(newest && { ':preview': messagePreview(newest) }),
            },
          },
        },
        ...entries.map(({ message }) => ({ Put: { TableName: this.#tables.messages, Item: message } })),
        ...places,
      ]);
      return { outcome: 'applied' };
    } catch (error) {
      const reasons = cancellations(error);
      if (reasons === undefined || !isLostRace(error)) throw error;
      const remembered = changes.filter(isRemembered);
      return {
        outcome: 'refused',
        known: new Set(
          remembered
            .filter((_, index) => reasons[index]?.code === 'ConditionalCheckFailed')
            .map(({ acceptId }) => acceptId),
        ),
      };
    }
  }

  /** The `acceptId`s of those of `changes` that were applied before. */
  async appliedAmong(changes: readonly AcceptedChange[]): Promise<Set<string>> {
    const keys = changes.filter(isRemembered).map((change) => {
      const { senderId, messageId } = recordOf(change);
      return { senderId, messageId };
    });
    const items = await batchGet(this.#documents, this.#tables.idempotency, keys);
    const found = new Set((items as ChangeRecord[]).map(({ messageId }) => messageId)); // `apply` alone writes such keys.
    return new Set(changes.map(({ acceptId }) => acceptId).filter((id) => found.has(changeKey(id))));
  }
}

const keyPrefix = 'change:';

function changeKey(acceptId: string): string {
  return keyPrefix + acceptId;
}

/** Whether a record of `Idempotency` is of a change, and not of a message. */
export function isChangeKey(messageId: string): boolean {
  return messageId.startsWith(keyPrefix);
}

/** An erasure is not: it may be applied again without harm, and nothing of the user is to be left. */
export function isRemembered({ change }: AcceptedChange): boolean {
  return change.type !== 'erase';
}

/** What is remembered of a change. */
export function recordOf({ userId, acceptId, conversationId, seq }: AcceptedChange): ChangeRecord {
  return { senderId: userId, messageId: changeKey(acceptId), conversationId, seq };
}
