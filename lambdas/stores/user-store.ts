import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet, isConditionFailure, isLostRace, transact } from './dynamo.ts';

export type User = {
  userId: string;
  username: string;
  displayName: string;
  createdAt: string;
  /** Counts the times all sessions were ended: a token made at an earlier epoch is no longer good. */
  authEpoch: number;
  /** An operator keeps this user out. */
  blocked?: true;
  /** In seconds. A token of an OIDC issuer that was issued by then is no longer good. */
  sessionsEndedAt?: number;
};

export type Credential = {
  username: string;
  userId: string;
  /** Who signs in with an OIDC issuer has none. */
  passwordHash?: string;
};

/** `Users` (profiles) and `Credentials` (who may sign in as whom). */
export class UserStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #users: string;
  readonly #credentials: string;

  constructor(documents: DynamoDBDocumentClient, tables: { users: string; credentials: string }) {
    this.#documents = documents;
    this.#users = tables.users;
    this.#credentials = tables.credentials;
  }

  /** `false` where the username is taken, or the user is there already. */
  async create(user: User, passwordHash?: string): Promise<boolean> {
    const { username, userId } = user;
    const credential: Credential = {
      username,
      userId,
      ...(passwordHash !== undefined && { passwordHash }),
    };
    try {
      await transact(this.#documents, [
        {
          Put: {
            TableName: this.#credentials,
            Item: credential,
            ConditionExpression: 'attribute_not_exists(username)',
          },
        },
        {
          Put: {
            TableName: this.#users,
            Item: user,
            ConditionExpression: 'attribute_not_exists(userId)',
          },
        },
      ]);
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw error;
    }
  }

  async credential(username: string): Promise<Credential | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#credentials, Key: { username }, ConsistentRead: true }),
    );
    return Item as Credential | undefined; // Only `create` and `changePassword` write this table.
  }

  /** Ends every session and sets another password. `false` where the password was changed meanwhile. */
  async changePassword(user: User, fromHash: string, toHash: string): Promise<boolean> {
    try {
      await transact(this.#documents, [
        {
          Update: {
            TableName: this.#credentials,
            Key: { username: user.username },
            UpdateExpression: 'SET passwordHash = :to',
            ConditionExpression: 'passwordHash = :from',
            ExpressionAttributeValues: { ':from': fromHash, ':to': toHash },
          },
        },
        {
          Update: {
            TableName: this.#users,
            Key: { userId: user.userId },
            UpdateExpression: 'SET authEpoch = :next',
            ConditionExpression: 'authEpoch = :current',
            ExpressionAttributeValues: { ':current': user.authEpoch, ':next': user.authEpoch + 1 },
          },
        },
      ]);
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw error;
    }
  }

  /** Ends every session that was begun at `authEpoch` or before. */
  async endSessions(userId: string, authEpoch: number): Promise<void> {
    try {
      await this.#documents.send(
        new UpdateCommand({
          TableName: this.#users,
          Key: { userId },
          UpdateExpression: 'SET authEpoch = :next, sessionsEndedAt = :now',
          ConditionExpression: 'authEpoch = :current',
          ExpressionAttributeValues: { ':current': authEpoch, ':next': authEpoch + 1, ':now': seconds() },
        }),
      );
    } catch (error) {
      // A later epoch is there already: those sessions have ended.
      if (!isConditionFailure(error)) throw error;
    }
  }

  /** Ends every session too: a blocked user has none, and a session of before never comes back. */
  async block(userId: string): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#users,
        Key: { userId },
        UpdateExpression: 'SET blocked = :true, sessionsEndedAt = :now ADD authEpoch :one',
        ConditionExpression: 'attribute_exists(userId)',
        ExpressionAttributeValues: { ':true': true, ':one': 1, ':now': seconds() },
      }),
    );
  }

  async unblock(userId: string): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#users,
        Key: { userId },
        UpdateExpression: 'REMOVE blocked',
        ConditionExpression: 'attribute_exists(userId)',
      }),
    );
  }

  async setDisplayName(userId: string, displayName: string): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#users,
        Key: { userId },
        UpdateExpression: 'SET displayName = :displayName',
        ConditionExpression: 'attribute_exists(userId)',
        ExpressionAttributeValues: { ':displayName': displayName },
      }),
    );
  }

  async user(userId: string): Promise<User | undefined> {
    return readUser(this.#documents, this.#users, userId);
  }
}

/** Profiles alone: for functions that have no business with credentials. */
export class ProfileStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #users: string;

  constructor(documents: DynamoDBDocumentClient, users: string) {
    this.#documents = documents;
    this.#users = users;
  }

  async user(userId: string): Promise<User | undefined> {
    return readUser(this.#documents, this.#users, userId);
  }

  /** Those of `userIds` that exist, by id. */
  async users(userIds: readonly string[]): Promise<Map<string, User>> {
    const keys = [...new Set(userIds)].map((userId) => ({ userId }));
    const items = await batchGet(this.#documents, this.#users, keys);
    return new Map((items as User[]).map((user) => [user.userId, user])); // Only `UserStore` writes this table.
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

async function readUser(
  documents: DynamoDBDocumentClient,
  table: string,
  userId: string,
): Promise<User | undefined> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: table, Key: { userId }, ConsistentRead: true }),
  );
  return Item as User | undefined; // Only `UserStore` writes this table.
}
