import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Role } from '../../shared/protocol/values.ts';
import {
  batchGet,
  despiteConflicts,
  isConditionFailure,
  itemOfFailure,
  queryAll,
  writeIf,
} from './dynamo.ts';

/** One member's own view of one conversation. That the row is there is what makes its user a member. */
export type InboxRow = {
  userId: string;
  conversationId: string;
  type: 'DM' | 'GROUP';
  /** The other member of a DM. */
  peerId?: string;
  role: Role;
  joinedAt: string;
  lastSeq: number;
  lastReadSeq: number;
  /** Sort key of the `byActivity` index. */
  lastActivityAt: string;
  pinned: boolean;
  mutedUntil: string | null;
  /**
   * The mark of a row whose group has subscriptions, and there the same as `joinedAt`; missing elsewhere. Sort key of the
   * `subscribed` index, which therefore holds marked rows only.
   */
  subscribedSince?: string;
  /** When the other members were last told that this one is writing, in ms since 1970. */
  typingToldAt?: number;
  /** Whether they were not told of the end since. */
  isTyping?: true;
};

/** One person's stay in one conversation, from one joining to the leaving after it. */
export type Membership = { userId: string; conversationId: string; joinedAt: string };

export type InboxPosition = { lastActivityAt: string; conversationId: string };

/** The newest message of a batch, as an inbox row keeps it. */
export type Activity = { conversationId: string; lastSeq: number; lastActivityAt: string };

/** Clocks of two functions differ by less, unless one of them is wrong. */
const clockSkewMs = 10_000;

/** `ConversationsByUser`. */
export class InboxStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  async row(userId: string, conversationId: string): Promise<InboxRow | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: { userId, conversationId }, ConsistentRead: true }),
    );
    return Item as InboxRow | undefined; // Only this folder's stores write the table.
  }

  async rows(keys: { userId: string; conversationId: string }[]): Promise<InboxRow[]> {
    return (await batchGet(this.#documents, this.#table, keys)) as InboxRow[]; // As above.
  }

  /** Positions of a user's conversations, newest activity first, after `from`. The index may lag by moments. */
  async newest(userId: string, limit: number, from?: InboxPosition): Promise<InboxPosition[]> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'byActivity',
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: { ':userId': userId },
        ScanIndexForward: false,
        Limit: limit,
        ExclusiveStartKey: from && { userId, ...from },
      }),
    );
    return Items.map((item) => ({
      lastActivityAt: String(item['lastActivityAt']),
      conversationId: String(item['conversationId']),
    }));
  }

  /**
   * The user's memberships of groups that have subscriptions. Consistent: a mark that was set before is there. Of a
   * connection that registers and then reads this, and a marking that then reads connections, one sees the other.
   */
  async subscribed(userId: string): Promise<Membership[]> {
    const items = await queryAll(
      this.#documents,
      (from) =>
        new QueryCommand({
          TableName: this.#table,
          IndexName: 'subscribed',
          KeyConditionExpression: 'userId = :userId',
          ExpressionAttributeValues: { ':userId': userId },
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
    );
    return items.map((item) => ({
      userId,
      conversationId: String(item['conversationId']),
      joinedAt: String(item['subscribedSince']),
    }));
  }

  /** Marks the row. `false` where the user is no member any more. */
  async markSubscribed(userId: string, conversationId: string): Promise<boolean> {
    return this.#updateIf(userId, conversationId, {
      set: 'subscribedSince = joinedAt',
      condition: 'attribute_exists(userId)',
    });
  }

  /** Of {@link subscribed} those that the user joined last, up to `limit`. */
  async newestSubscribed(userId: string, limit: number): Promise<string[]> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        IndexName: 'subscribed',
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: { ':userId': userId },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.map((item) => String(item['conversationId']));
  }

  /** In how many conversations the user is. Consistent, and as dear as reading them all. */
  async count(userId: string): Promise<number> {
    let count = 0;
    let from: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page: QueryCommandOutput = await this.#documents.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'userId = :userId',
          ExpressionAttributeValues: { ':userId': userId },
          Select: 'COUNT',
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
      );
      count += page.Count ?? 0;
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return count;
  }

  /** The people with whom the user has a DM, as far as it is among as many conversations with the newest activity. */
  async directPeers(userId: string, conversations: number): Promise<string[]> {
    const newest = await this.newest(userId, conversations);
    const rows = await this.rows(newest.map(({ conversationId }) => ({ userId, conversationId })));
    return rows.flatMap((row) => row.peerId ?? []);
  }

  /** The ids of some of a user's conversations. Consistent: where there are none, there are none. */
  async someConversationIds(userId: string, limit: number): Promise<string[]> {
    const { Items = [] } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: { ':userId': userId },
        ProjectionExpression: 'conversationId',
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return Items.map((item) => String(item['conversationId']));
  }

  /** Moves a member's row on to newer activity. Repeating it, or doing it late, changes nothing. */
  async advance(userId: string, { conversationId, lastSeq, lastActivityAt }: Activity): Promise<void> {
    await this.#updateIf(userId, conversationId, {
      set: 'lastSeq = :lastSeq, lastActivityAt = :lastActivityAt',
      condition: 'lastSeq < :lastSeq',
      values: { ':lastSeq': lastSeq, ':lastActivityAt': lastActivityAt },
    });
  }

  /** The same for one who sent `ownSeq`: a sender has read what it sent. */
  async advanceSender(userId: string, activity: Activity, ownSeq: number): Promise<void> {
    const { conversationId, lastSeq, lastActivityAt } = activity;
    const both = await this.#updateIf(userId, conversationId, {
      // What was sent is written: the others are told at once when the sender goes on with the next.
      set: 'lastSeq = :lastSeq, lastActivityAt = :lastActivityAt, lastReadSeq = :ownSeq REMOVE typingToldAt, isTyping',
      condition: 'lastSeq < :lastSeq AND lastReadSeq < :ownSeq',
      values: { ':lastSeq': lastSeq, ':lastActivityAt': lastActivityAt, ':ownSeq': ownSeq },
    });
    if (both) return;
    // The one may be ahead where the other is not, when a batch comes again or a marker was moved meanwhile.
    await this.advance(userId, activity);
    await this.markRead(userId, conversationId, ownSeq);
  }

  /** Moves the read marker up to `seq`, never back. `false` where it was there already. */
  async markRead(userId: string, conversationId: string, seq: number): Promise<boolean> {
    return this.#updateIf(userId, conversationId, {
      set: 'lastReadSeq = :seq',
      condition: 'lastReadSeq < :seq',
      values: { ':seq': seq },
    });
  }

  /**
   * Notes that the others are told now that this member is writing. Returns the row; `undefined` where they were told less
   * than `intervalMs` ago, and `'stranger'` where the user is no member.
   */
  async beginTyping(
    userId: string,
    conversationId: string,
    { now, intervalMs }: { now: number; intervalMs: number },
  ): Promise<InboxRow | 'stranger' | undefined> {
    return this.#updateTyping(userId, conversationId, {
      UpdateExpression: 'SET typingToldAt = :now, isTyping = :true',
      ConditionExpression:
        'attribute_exists(userId) AND (attribute_not_exists(typingToldAt) OR typingToldAt <= :latest OR typingToldAt > :wrong)',
      ExpressionAttributeValues: {
        ':now': now,
        ':true': true,
        ':latest': now - intervalMs,
        ':wrong': now + clockSkewMs,
      },
    });
  }

  /** Notes that the others are told of the end. `undefined` where they were told of no beginning, or of the end already. */
  async endTyping(userId: string, conversationId: string): Promise<InboxRow | 'stranger' | undefined> {
    return this.#updateTyping(userId, conversationId, {
      UpdateExpression: 'REMOVE isTyping',
      ConditionExpression: 'isTyping = :true',
      ExpressionAttributeValues: { ':true': true },
    });
  }

  /** That one is a member and whether there is something to tell are found out by one write. */
  async #updateTyping(
    userId: string,
    conversationId: string,
    update: Pick<
      UpdateCommandInput,
      'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
    >,
  ): Promise<InboxRow | 'stranger' | undefined> {
    const command = new UpdateCommand({
      TableName: this.#table,
      Key: { userId, conversationId },
      ...update,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes } = await despiteConflicts(() => this.#documents.send(command));
      return Attributes as InboxRow; // As above.
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      return itemOfFailure(error) === undefined ? 'stranger' : undefined;
    }
  }

  /** `false` where the user is no member. */
  async setOwnSettings(
    userId: string,
    conversationId: string,
    settings: { pinned?: boolean | undefined; mutedUntil?: string | null | undefined },
  ): Promise<boolean> {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    if (given.length === 0) return (await this.row(userId, conversationId)) !== undefined;
    return this.#updateIf(userId, conversationId, {
      set: given.map(([name]) => `${name} = :${name}`).join(', '),
      condition: 'attribute_exists(userId)',
      values: Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
    });
  }

  /** A row that is gone fails every condition on its numbers, so no update brings back a member who left. */
  async #updateIf(
    userId: string,
    conversationId: string,
    update: { set: string; condition: string; values?: Record<string, unknown> },
  ): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: this.#table,
      Key: { userId, conversationId },
      UpdateExpression: `SET ${update.set}`,
      ConditionExpression: update.condition,
      ExpressionAttributeValues: update.values,
    });
    // Roles change in transactions on the same row.
    return writeIf(() => this.#documents.send(command));
  }
}
