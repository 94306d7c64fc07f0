import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { connectionLifetimeMs, type SessionClaim } from '../../shared/domain/sessions.ts';
import { batchGet, type Item, isConditionFailure } from './dynamo.ts';

/** How long it is remembered when a user was last seen. */
const rememberedMs = 30 * 24 * 60 * 60 * 1000;
/** A connection is one attribute of its user's item, so that adding and removing one is one update of no other. */
const prefix = 'connection:';

export type Connection = {
  userId: string;
  connectionId: string;
  /** Milliseconds of the Unix epoch. */
  connectedAt: number;
  lastSeenAt: number;
};

/** With the session it was opened in. */
export type SessionConnection = Connection & SessionClaim;

/** All that is known of a user's being here. */
export type Sighting = {
  userId: string;
  /** Those that may be open. */
  connections: Connection[];
  /** When something was last heard of any of the user's connections, those that have ended included. */
  lastSeenAt: number;
};

/** Whether a connection was registered for the first time, and the user's other connections. */
export type Registration = { isNew: boolean; others: Connection[] };

/** Which connections of this region each user has: the table knows, and a cache may be asked in its place. */
export interface ConnectionRegistry {
  /** Registers a connection, or says that it was seen. */
  register(connection: Connection & Partial<SessionClaim>): Promise<Registration>;
  /** @param lastSeenAt when the connection ended, where that is known */
  remove(connection: Pick<Connection, 'userId' | 'connectionId'>, lastSeenAt?: number): Promise<void>;
  /** Each of them, whatever is remembered elsewhere, and though it may be dead. */
  connectionsOf(userId: string): Promise<SessionConnection[]>;
  /** The next push reads the user's connections anew. Throws where that is not certain. */
  reread(userId: string): Promise<void>;
  /** Of people who are to be pushed to: one that has just opened may be missing, one that closed may be there. */
  connectionsOfAll(userIds: readonly string[]): Promise<Connection[]>;
  /** After every change of before. Users of whom nothing is known are left out. */
  sightingsOf(userIds: readonly string[]): Promise<Sighting[]>;
}

/** An item outlives the connections in it, and not every `$disconnect` comes: those that are too old are dead. */
export function mayBeOpen({ connectedAt }: Connection, now: number): boolean {
  return now - connectedAt <= connectionLifetimeMs;
}

/** `Presence`: the connections as they are. */
export class PresenceStore implements ConnectionRegistry {
  readonly #documents: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #region: string;
  readonly #clock: () => number;

  constructor(
    documents: DynamoDBDocumentClient,
    table: string,
    region: string,
    clock: () => number = Date.now,
  ) {
    this.#documents = documents;
    this.#table = table;
    this.#region = region;
    this.#clock = clock;
  }

  /** The others are all that the item holds: whoever is counted or evicted among them bounds it. */
  async register(connection: Connection & Partial<SessionClaim>): Promise<Registration> {
    const { userId, connectionId, connectedAt, lastSeenAt, authEpoch, sessionId } = connection;
    const { Attributes } = await this.#documents.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { userId, region: this.#region },
        UpdateExpression: 'SET #connection = :connection, lastSeenAt = :lastSeenAt, expiresAt = :expiresAt',
        ExpressionAttributeNames: { '#connection': prefix + connectionId },
        ExpressionAttributeValues: {
          ':connection': { connectedAt, lastSeenAt, authEpoch, sessionId },
          ...seenAt(lastSeenAt),
        },
        ReturnValues: 'ALL_OLD',
      }),
    );
    const before = connectionsIn(Attributes);
    const others = before.filter((one) => one.connectionId !== connectionId);
    return { isNew: others.length === before.length, others };
  }

  async remove(
    { userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>,
    lastSeenAt?: number,
  ): Promise<void> {
    const seen = lastSeenAt === undefined ? undefined : seenAt(lastSeenAt);
    try {
      await this.#documents.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { userId, region: this.#region },
          UpdateExpression: `REMOVE #connection${seen ? ' SET lastSeenAt = :lastSeenAt, expiresAt = :expiresAt' : ''}`,
          ConditionExpression: 'attribute_exists(#connection)',
          ExpressionAttributeNames: { '#connection': prefix + connectionId },
          ExpressionAttributeValues: seen,
        }),
      );
    } catch (error) {
      // It was not there: nothing to remove.
      if (!isConditionFailure(error)) throw error;
    }
  }

  /** Nothing is remembered here. */
  async reread(): Promise<void> {}

  /** All that is known of the user's being here. */
  async forget(userId: string): Promise<void> {
    await this.#documents.send(
      new DeleteCommand({ TableName: this.#table, Key: { userId, region: this.#region } }),
    );
  }

  async connectionsOf(userId: string): Promise<SessionConnection[]> {
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
  async connectionsOfAll(userIds: readonly string[]): Promise<SessionConnection[]> {
    return (await this.#items(userIds)).flatMap((item) => this.#openIn(item));
  }

  /** Consistent too. */
  async sightingsOf(userIds: readonly string[]): Promise<Sighting[]> {
    return (await this.#items(userIds)).flatMap((item) => {
      const lastSeenAt = item['lastSeenAt'];
      // Written before there was this attribute, and not since.
      if (typeof lastSeenAt !== 'number') return [];
      return [{ userId: String(item['userId']), connections: this.#openIn(item), lastSeenAt }];
    });
  }

  #openIn(item: Item): SessionConnection[] {
    const now = this.#clock();
    return connectionsIn(item).filter((connection) => mayBeOpen(connection, now));
  }

  async #items(userIds: readonly string[]): Promise<Item[]> {
    const keys = [...new Set(userIds)].map((userId) => ({ userId, region: this.#region }));
    return batchGet(this.#documents, this.#table, keys);
  }
}

function seenAt(lastSeenAt: number): { ':lastSeenAt': number; ':expiresAt': number } {
  return { ':lastSeenAt': lastSeenAt, ':expiresAt': Math.ceil((lastSeenAt + rememberedMs) / 1000) };
}

function connectionsIn(item: Item | undefined): SessionConnection[] {
  if (item === undefined) return [];
  return Object.entries(item)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => ({
      userId: String(item['userId']),
      connectionId: name.slice(prefix.length),
      // Of no user's epoch, where it was registered before sessions were kept.
      authEpoch: 0,
      // Only `register` writes attributes of this prefix.
      ...(value as Pick<SessionConnection, 'connectedAt' | 'lastSeenAt'> & Partial<SessionClaim>),
    }));
}
