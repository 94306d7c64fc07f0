import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { queryAll } from './dynamo.ts';
import type { Membership } from './inbox-store.ts';
import { connectionLifetimeMs } from './presence-store.ts';
import type { Subscription } from './subscription-store.ts';

export type EndedMembership = {
  conversationId: string;
  membership: string;
  /** By then no connection from before the end is left. */
  expiresAt: number;
};

/** One who leaves and joins again is another membership. */
function nameOf({ userId, joinedAt }: Pick<Membership, 'userId' | 'joinedAt'>): string {
  return `${userId} ${joinedAt}`;
}

export function endedMembership(membership: Membership, now: number): EndedMembership {
  return {
    conversationId: membership.conversationId,
    membership: nameOf(membership),
    expiresAt: Math.ceil((now + connectionLifetimeMs) / 1000),
  };
}

/**
 * `EndedMemberships`: who left a group that has subscriptions, written in the transaction that ends the membership. It
 * takes effect on the fan-out with that transaction, while subscriptions are deleted after it, or never after a crash.
 */
export class EndedMembershipStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Tells whether a subscription's membership has ended, as of now. */
  async endedIn(conversationId: string): Promise<(subscription: Subscription) => boolean> {
    const items = await queryAll(
      this.#documents,
      (from) =>
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'conversationId = :conversationId',
          ExpressionAttributeValues: { ':conversationId': conversationId },
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
    );
    const names = new Set(items.map((item) => String(item['membership'])));
    return (subscription) => names.has(nameOf(subscription));
  }
}
