import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { connectionLifetimeMs } from '../../shared/domain/sessions.ts';
import { isConditionFailure, queryAll } from './dynamo.ts';
import type { Membership } from './inbox-store.ts';
import type { Subscription } from './subscription-store.ts';

/** What has ended: all sessions of a user that were opened before an epoch, or a single one. */
export type EndedSessions = { userId: string } & ({ authEpoch: number } | { sessionId: string });

export type EndedMembership = {
  conversationId: string;
  membership: string;
  /** By then no connection from before the end is left. */
  expiresAt: number;
  /** Of ended sessions, beside a name that no membership has. */
  sessions?: EndedSessions;
};

/** One who leaves and joins again is another membership. */
function nameOf({ userId, joinedAt }: Pick<Membership, 'userId' | 'joinedAt'>): string {
  return `${userId} ${joinedAt}`;
}

/** With the user: another user's session of that id, should there be one, is another. */
function nameOfSession({ userId, sessionId }: { userId: string; sessionId?: string | undefined }): string {
  return `${userId} session ${sessionId}`;
}

export function endedMembership(membership: Membership, now: number): EndedMembership {
  const { conversationId } = membership;
  return { conversationId, membership: nameOf(membership), expiresAt: expiryFrom(now) };
}

/** All earlier ends of all of a user's sessions are one item, since the last one says it all. */
export function endedSessions(conversationId: string, sessions: EndedSessions, now: number): EndedMembership {
  const name = 'sessionId' in sessions ? nameOfSession(sessions) : `${sessions.userId} sessions`;
  return {
    conversationId,
    membership: name,
    sessions,
    expiresAt: expiryFrom(now),
  };
}

function expiryFrom(now: number): number {
  return Math.ceil((now + connectionLifetimeMs) / 1000);
}

/** Tells whether a subscription's membership, or its session, is among what has ended. */
export function hasEnded(items: readonly EndedMembership[]): (subscription: Subscription) => boolean {
  const names = new Set(items.map((item) => item.membership));
  const epochs = new Map<string, number>();
  const single = new Set<string>();
  for (const { sessions } of items) {
    if (sessions === undefined) continue;
    if ('sessionId' in sessions) single.add(nameOfSession(sessions));
    else epochs.set(sessions.userId, sessions.authEpoch);
  }
  return (subscription) =>
    names.has(nameOf(subscription)) ||
    single.has(nameOfSession(subscription)) ||
    subscription.authEpoch < (epochs.get(subscription.userId) ?? 0);
}

/**
 * `EndedMemberships`: what the fan-out of a group that has subscriptions leaves out, whatever is subscribed. First, who left,
 * written in the transaction that ends the membership: it takes effect with that transaction, while subscriptions are
 * deleted after it, or never after a crash. And ended sessions, of which a connection may be open that is not registered.
 */
export class EndedMembershipStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(documents: DynamoDBDocumentClient, table: string) {
    this.#documents = documents;
    this.#table = table;
  }

  /** Of two ends of all of a user's sessions, the later one stays, whichever is written last. */
  async put(item: EndedMembership): Promise<void> {
    const epoch = item.sessions !== undefined && 'authEpoch' in item.sessions && item.sessions.authEpoch;
    const command = new PutCommand({
      TableName: this.#table,
      Item: item,
      ...(epoch !== false && {
        ConditionExpression: 'attribute_not_exists(membership) OR sessions.authEpoch < :epoch',
        ExpressionAttributeValues: { ':epoch': epoch },
      }),
    });
    try {
      await this.#documents.send(command);
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
    }
  }

  /** What has ended by now. */
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
    return hasEnded(items as EndedMembership[]); // Only this folder's stores write the table.
  }
}
