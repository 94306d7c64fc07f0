import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { AcceptedChange } from '../../shared/domain/accepted-change.ts';
import { messagePreview } from '../../shared/domain/message-preview.ts';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ErrorCode } from '../../shared/protocol/errors.ts';
import { lostRace, type TransactItem, transact } from './dynamo.ts';

/** What `Idempotency` remembers, for ever, of one change. No client can name a message like this: a `messageId` has no colon. */
export type ChangeRecord = {
  senderId: string;
  messageId: string;
  conversationId: string;
  seq: number;
  /** That it was given; missing where it changed nothing, or was refused. */
  revision?: number;
  refusedWith?: ErrorCode;
};

/** The conversation's state that changes go on from, and are conditional on. */
export type ChangePosition = {
  conversationId: string;
  lastRevision: number;
  membersVersion: number;
  /** Also what the preview is of. */
  lastSeq: number;
};

/** A change with the revision that it was given. */
type RevisedChange = { change: AcceptedChange; revision: number };
/** A message as one or more changes make it; its `revision` is that of the last of them. */
export type ChangeEntry = { message: Message; before: Message; changes: RevisedChange[] };

/** What changes come to: those that do something by message, and those that do nothing, some since they are refused. */
export type ChangeOutcome = {
  entries: ChangeEntry[];
  unchanged: AcceptedChange[];
  refused: { change: AcceptedChange; code: ErrorCode }[];
};

export type SettleResult =
  | { outcome: 'settled' }
  /**
   * Nothing was written: the conversation is at another position by now, or some were settled before, whose records are here
   * by `acceptId`.
   */
  | { outcome: 'lost'; known: Map<string, ChangeRecord> };

/**
 * A transaction takes 100 items: the conversation, and at the worst four for each change, which are the message, its place
 * among the changes, its place of before, and the idempotency record.
 */
export const changesPerTransaction = 24;

/**
 * Changes messages. One transaction moves `lastRevision`, stores the messages, notes where they stand among the changes, and
 * remembers what became of each change; or does none of it. So no change is made twice, nor later than it was found to
 * do nothing. All changes of a conversation move its `lastRevision` on, so that condition guards the messages too.
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

  /** What is remembered of a change: `undefined` where it was not settled yet, or is never remembered. */
  async record(change: AcceptedChange): Promise<ChangeRecord | undefined> {
    if (!isRemembered(change)) return undefined;
    const { senderId, messageId } = recordOf(change);
    const { Item } = await this.#documents.send(
      new GetCommand({
        TableName: this.#tables.idempotency,
        Key: { senderId, messageId },
        ConsistentRead: true,
      }),
    );
    return Item as ChangeRecord | undefined; // Only `settle` writes records under such a key.
  }

  /** Settles up to {@link changesPerTransaction} changes, whose revisions go on from `position.lastRevision`. */
  async settle(position: ChangePosition, outcome: ChangeOutcome): Promise<SettleResult> {
    const records = recordsOf(outcome);
    const { entries } = outcome;
    const items = [
      ...records.map(({ record }) => this.#remember(record)),
      ...(entries.length > 0 ? [this.#moveHead(position, entries)] : []),
      ...entries.map(({ message }) => ({ Put: { TableName: this.#tables.messages, Item: message } })),
      ...entries.flatMap((entry) => this.#movePlace(entry)),
    ];
    if (items.length === 0) return { outcome: 'settled' };
    try {
      await transact(this.#documents, items);
      return { outcome: 'settled' };
    } catch (error) {
      const reasons = lostRace(error);
      if (reasons === undefined) throw error;
      const known = records.flatMap(({ acceptId }, index): [string, ChangeRecord][] => {
        const item = reasons[index]?.item as ChangeRecord | undefined; // This reason is of the put of such a record.
        return item === undefined ? [] : [[acceptId, item]];
      });
      return { outcome: 'lost', known: new Map(known) };
    }
  }

  #remember(record: ChangeRecord): TransactItem {
    return {
      Put: {
        TableName: this.#tables.idempotency,
        Item: record,
        ConditionExpression: 'attribute_not_exists(messageId)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  #moveHead(position: ChangePosition, entries: ChangeEntry[]): TransactItem {
    const { conversationId, lastRevision, membersVersion, lastSeq } = position;
    const newest = entries.find(({ message }) => message.seq === lastSeq)?.message;
    return {
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
          ':newRevision': revisionAfter(position, entries),
          ...(newest && { ':preview': messagePreview(newest) }),
        },
      },
    };
  }

  #movePlace({ message, before }: ChangeEntry): TransactItem[] {
    const { conversationId, seq, revision } = message;
    const put = { Put: { TableName: this.#tables.changes, Item: { conversationId, revision, seq } } };
    if (before.revision === undefined) return [put];
    const Key = { conversationId, revision: before.revision };
    return [put, { Delete: { TableName: this.#tables.changes, Key } }];
  }
}

/** Where `lastRevision` is after the entries. */
export function revisionAfter({ lastRevision }: ChangePosition, entries: ChangeEntry[]): number {
  return Math.max(lastRevision, ...entries.flatMap(({ changes }) => changes.map(({ revision }) => revision)));
}

function recordsOf({ entries, unchanged, refused }: ChangeOutcome) {
  const all: { change: AcceptedChange; outcome: Pick<ChangeRecord, 'revision' | 'refusedWith'> }[] = [
    ...entries.flatMap(({ changes }) =>
      changes.map(({ change, revision }) => ({ change, outcome: { revision } })),
    ),
    ...unchanged.map((change) => ({ change, outcome: {} })),
    ...refused.map(({ change, code }) => ({ change, outcome: { refusedWith: code } })),
  ];
  return all
    .filter(({ change }) => isRemembered(change))
    .map(({ change, outcome }) => ({
      acceptId: change.acceptId,
      record: { ...recordOf(change), ...outcome },
    }));
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
