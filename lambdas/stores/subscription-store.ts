import { DeleteCommand, type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { bucketIdOf, bucketOfConnection } from '../../shared/domain/large-groups.ts';
import { connectionLifetimeMs } from '../../shared/domain/sessions.ts';
import { batchGet, batchPut, type Item, isLostRace, queryAll, transact } from './dynamo.ts';
import type { Membership } from './inbox-store.ts';
import type { SessionConnection } from './presence-store.ts';

/** A connection that receives a group's messages, by virtue of one membership. */
export type Subscription = Subscriber & Pick<Membership, 'joinedAt'>;

/** A connection, and the session that it was opened in. */
export type Subscriber = Omit<SessionConnection, 'lastSeenAt'>;

/** `Subscriptions`: the live connections of each group that has outgrown pushing member by member. */
export class SubscriptionStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Those of the memberships by which the connection is not subscribed. */
  async missing(connectionId: string, memberships: readonly Membership[]): Promise<Membership[]> {
    const keyOf = ({ conversationId }: Membership) => ({
      bucketId: bucketIdOf(conversationId, bucketOfConnection(connectionId)),
      connectionId,
    });
    const items = await batchGet(this.#documents, this.#table, memberships.map(keyOf));
    const known = new Set(items.map((item) => `${item['bucketId']} ${item['joinedAt']}`));
    return memberships.filter((one) => !known.has(`${keyOf(one).bucketId} ${one.joinedAt}`));
  }

  /**
   * Subscribes a connection by all of these memberships, read since it was registered. Unlike `SubscriptionWriter` it does
   * not look whether they last: one that has ended meanwhile is among `EndedMemberships`, which outlive the connection.
   */
  async putAll(memberships: readonly Membership[], subscriber: Subscriber): Promise<void> {
    const items = memberships.map((membership) => subscriptionItem(membership, subscriber));
    await batchPut(this.#documents, this.#table, items);
  }

  async remove(conversationId: string, connectionId: string): Promise<void> {
    await this.#documents.send(
      new DeleteCommand({
        TableName: this.#table,
        Key: { bucketId: bucketIdOf(conversationId, bucketOfConnection(connectionId)), connectionId },
      }),
    );
  }

  async isEmpty(conversationId: string, bucket: number): Promise<boolean> {
    const { Count } = await this.#documents.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'bucketId = :bucketId',
        ExpressionAttributeValues: { ':bucketId': bucketIdOf(conversationId, bucket) },
        ConsistentRead: true,
        Select: 'COUNT',
        Limit: 1,
      }),
    );
    return Count === 0;
  }

  /** One slice of a group's connections. */
  async inBucket(conversationId: string, bucket: number): Promise<Subscription[]> {
    const items = await queryAll(
      this.#documents,
      (from) =>
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'bucketId = :bucketId',
          ExpressionAttributeValues: { ':bucketId': bucketIdOf(conversationId, bucket) },
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
    );
    // Only `SubscriptionWriter` writes the table. Before it wrote sessions, they were of no epoch.
    return items.map((item) => ({ authEpoch: 0, ...(item as Omit<Subscription, 'authEpoch'>) }));
  }
}

/** Writes subscriptions, each only as long as there is an inbox row for it. */
export class SubscriptionWriter {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: { subscriptions: string; inbox: string };

  constructor(documents: DynamoDBDocumentClient, tables: { subscriptions: string; inbox: string }) {
    this.#documents = documents;
    this.#tables = tables;
  }

  /**
   * Subscribes a connection while the membership lasts. `false` where it has ended: whoever ends one deletes its row
   * before the subscriptions, so none can be written behind their back.
   */
  async put(membership: Membership, subscriber: Subscriber): Promise<boolean> {
    const { userId, conversationId, joinedAt } = membership;
    try {
      await transact(this.#documents, [
        {
          ConditionCheck: {
            TableName: this.#tables.inbox,
            Key: { userId, conversationId },
            ConditionExpression: 'subscribedSince = :joinedAt',
            ExpressionAttributeValues: { ':joinedAt': joinedAt },
          },
        },
        {
          Put: {
            TableName: this.#tables.subscriptions,
            Item: subscriptionItem(membership, subscriber),
          },
        },
      ]);
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw error;
    }
  }
}

function subscriptionItem({ userId, conversationId, joinedAt }: Membership, subscriber: Subscriber): Item {
  const { connectionId, connectedAt, authEpoch, sessionId } = subscriber;
  const subscription: Subscription = { userId, connectionId, connectedAt, joinedAt, authEpoch, sessionId };
  return {
    bucketId: bucketIdOf(conversationId, bucketOfConnection(connectionId)),
    ...subscription,
    expiresAt: Math.ceil((connectedAt + connectionLifetimeMs) / 1000),
  };
}
