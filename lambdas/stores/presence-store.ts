import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet, type Item, isConditionFailure } from './dynamo.ts';

/** API Gateway ends a WebSocket connection after 2 hours, whatever it does. */
export const connectionLifetimeMs = 2 * 60 * 60 * 1000;
/** A connection is one attribute of its user's item, so that adding and removing one is one update of nothing else. */
const prefix = 'connection:';

export type Connection = {
  userId: string;
  connectionId: string;
  /** Milliseconds of the Unix epoch. */
  connectedAt: number;
  lastSeenAt: number;
};

/** Whether a connection was registered for the first time, and the user's other connections. */
export type Registration = { isNew: boolean; others: Connection[] };

/** Which connections of this region each user has: the table knows, and a cache may be asked in its place. */
export interface ConnectionRegistry {
  /** Registers a connection, or says that it was seen. */
  register(connection: Connection): Promise<Registration>;
  remove(connection: Pick<Connection, 'userId' | 'connectionId'>): Promise<void>;
  /** Each of them, whatever is remembered elsewhere. */
  connectionsOf(userId: string): Promise<Connection[]>;
  /** Of people who are to be pushed to: one that has just opened may be missing, one that closed may be there. */
  connectionsOfAll(userIds: readonly string[]): Promise<Connection[]>;
}

/** `Presence`: the connections as they are. */
export class PresenceStore implements ConnectionRegistry {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #region: string;

  constructor(documents: DynamoDBDocumentClient, table: string, region: string) {
    this.#documents = documents;
    this.#table = table;
    this.#region = region;
  }

  async register({ userId, connectionId, connectedAt, lastSeenAt }: Connection): Promise<Registration> {
    const { Attributes } = await this.#documents.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { userId, region: this.#region },
        UpdateExpression: 'SET #connection = :connection, expiresAt = :expiresAt',
        ExpressionAttributeNames: { '#connection': prefix + connectionId },
        ExpressionAttributeValues: {
          ':connection': { connectedAt, lastSeenAt },
          ':expiresAt': Math.ceil((lastSeenAt + connectionLifetimeMs) / 1000),
        },
        ReturnValues: 'ALL_OLD',
      }),
    );
    const before = connectionsIn(Attributes);
    const others = before.filter((one) => one.connectionId !== connectionId);
    return { isNew: others.length === before.length, others };
  }

  async remove({ userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>): Promise<void> {
    try {
      await this.#documents.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { userId, region: this.#region },
          UpdateExpression: 'REMOVE #connection',
          ConditionExpression: 'attribute_exists(#connection)',
          ExpressionAttributeNames: { '#connection': prefix + connectionId },
        }),
      );
    } catch (error) {
      // It was not there: nothing to remove.
      if (!isConditionFailure(error)) throw error;
    }
  }

  async connectionsOf(userId: string): Promise<Connection[]> {
    const { Item } = await this.#documents.send(
      new GetCommand({
        TableName: this.#table,
        Key: { userId, region: this.#region },
        ConsistentRead: true,
      }),
    );
    return connectionsIn(Item);
  }

  /** Consistent, as `Subscriptions` needs it: a connection that was registered before is there. */
  async connectionsOfAll(userIds: readonly string[]): Promise<Connection[]> {
    const keys = [...new Set(userIds)].map((userId) => ({ userId, region: this.#region }));
    return (await batchGet(this.#documents, this.#table, keys)).flatMap(connectionsIn);
  }
}

function connectionsIn(item: Item | undefined): Connection[] {
  if (item === undefined) return [];
  return Object.entries(item)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => {
      // Only `register` writes attributes of this prefix.
      const { connectedAt, lastSeenAt } = value as { connectedAt: number; lastSeenAt: number };
      return {
        userId: String(item['userId']),
        connectionId: name.slice(prefix.length),
        connectedAt,
        lastSeenAt,
      };
    });
}
