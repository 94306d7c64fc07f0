import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Session, Sessions } from '../../shared/domain/sessions.ts';
import { limits } from '../../shared/protocol/limits.ts';
import {
  batchGet,
  despiteConflicts,
  isConditionFailure,
  isLostRace,
  type TransactItem,
  transact,
} from './dynamo.ts';

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
  /** Those of this epoch that have not ended. Users of an OIDC issuer have none here. */
  sessions?: Sessions;
};

/** What is left of one who was erased, so that nothing makes the same user anew. To everybody else there is no such user. */
export type Tombstone = {
  userId: string;
  erasedAt: string;
  /** When nothing else was left. Missing while there may be. */
  erasureFinishedAt?: string;
};

export type Credential = {
  username: string;
  userId: string;
  /** Who signs in with an OIDC issuer has none. */
  passwordHash?: string;
};

/** In place of a credential whose user was erased. To everybody but who would register, there is no such username. */
type HeldUsername = {
  username: string /** In seconds: DynamoDB removes the item some time later. */;
  expiresAt: number;
};

const heldForMs = limits.erasedUsernameDays * 24 * 60 * 60 * 1000;

/** How often erasing starts anew because the user has changed meanwhile. */
const eraseAttempts = 5;

/** `Users` (profiles) and `Credentials` (who may sign in as whom). */
export class UserStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #users: string;
  readonly #credentials: string;
  readonly #clock: () => number;

  constructor(
    documents: DynamoDBDocumentClient,
    tables: { users: string; credentials: string },
    clock: () => number = Date.now,
  ) {
    this.#documents = documents;
    this.#users = tables.users;
    this.#credentials = tables.credentials;
    this.#clock = clock;
  }

  /** `false` where the username is taken or held back, or the user is there already. */
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
            // Only held usernames have the attribute. DynamoDB may be days late to remove one.
            ConditionExpression: 'attribute_not_exists(username) OR expiresAt <= :now',
            ExpressionAttributeValues: { ':now': Math.floor(this.#clock() / 1000) },
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
    const found = await this.#ofUsername(username);
    return found !== undefined && 'userId' in found ? found : undefined;
  }

  /** Whether `create` would refuse it. */
  async isTaken(username: string): Promise<boolean> {
    const found = await this.#ofUsername(username);
    return found !== undefined && !('expiresAt' in found && found.expiresAt <= this.#clock() / 1000);
  }

  /**
   * Sets another password, and ends every session but the one given, which goes on in the next epoch. `false` where the
   * password was changed meanwhile, or all sessions were ended.
   */
  async changePassword(
    user: User,
    fromHash: string,
    toHash: string,
    { sessionId, session }: { sessionId: string; session: Session },
  ): Promise<boolean> {
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
            UpdateExpression: 'SET authEpoch = :next, sessions = :only',
            ConditionExpression: 'authEpoch = :current AND attribute_exists(sessions.#id)',
            ExpressionAttributeNames: { '#id': sessionId },
            ExpressionAttributeValues: {
              ':current': user.authEpoch,
              ':next': user.authEpoch + 1,
              ':only': { [sessionId]: session },
            },
          },
        },
      ]);
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw error;
    }
  }

  /** Ends every session too: a blocked user has none, and a session of before never comes back. */
  async block(userId: string): Promise<void> {
    const command = new UpdateCommand({
      TableName: this.#users,
      Key: { userId },
      UpdateExpression: 'SET blocked = :true, sessionsEndedAt = :now, sessions = :none ADD authEpoch :one',
      ConditionExpression: 'attribute_exists(username)',
      ExpressionAttributeValues: {
        ':true': true,
        ':one': 1,
        ':none': {},
        ':now': Math.floor(this.#clock() / 1000),
      },
    });
    await despiteConflicts(() => this.#documents.send(command));
  }

  async unblock(userId: string): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#users,
        Key: { userId },
        UpdateExpression: 'REMOVE blocked',
        ConditionExpression: 'attribute_exists(username)',
      }),
    );
  }

  /** `false` where the user was erased meanwhile. */
  async setDisplayName(userId: string, displayName: string): Promise<boolean> {
    try {
      await this.#documents.send(
        new UpdateCommand({
          TableName: this.#users,
          Key: { userId },
          UpdateExpression: 'SET displayName = :displayName',
          ConditionExpression: 'attribute_exists(username)',
          ExpressionAttributeValues: { ':displayName': displayName },
        }),
      );
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }

  /** Holds the username back, and leaves a tombstone of the user. Doing it again changes nothing. */
  async erase(userId: string): Promise<Tombstone> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await readItem(this.#documents, this.#users, userId);
      if (found !== undefined && 'erasedAt' in found) return found;
      const erasedAt = this.#clock();
      const tombstone: Tombstone = { userId, erasedAt: new Date(erasedAt).toISOString() };
      try {
        await transact(this.#documents, [
          {
            // The whole item: so nothing that a profile may yet hold is forgotten here.
            Put: { TableName: this.#users, Item: tombstone, ...stillAs(found) },
          },
          ...(await this.#holdOfUsername(found, erasedAt)),
        ]);
        return tombstone;
      } catch (error) {
        if (!isLostRace(error) || attempt === eraseAttempts) throw error;
      }
    }
  }

  /** Of one who was erased; `undefined` of anybody else. */
  async tombstone(userId: string): Promise<Tombstone | undefined> {
    const found = await readItem(this.#documents, this.#users, userId);
    return found !== undefined && 'erasedAt' in found ? found : undefined;
  }

  /** Notes that nothing of the user is left. */
  async finishErasure(userId: string): Promise<void> {
    await this.#documents.send(
      new UpdateCommand({
        TableName: this.#users,
        Key: { userId },
        UpdateExpression: 'SET erasureFinishedAt = :now',
        ConditionExpression: 'attribute_exists(erasedAt)',
        ExpressionAttributeValues: { ':now': new Date().toISOString() },
      }),
    );
  }

  async user(userId: string): Promise<User | undefined> {
    return readUser(this.#documents, this.#users, userId);
  }

  async #ofUsername(username: string): Promise<Credential | HeldUsername | undefined> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.#credentials, Key: { username }, ConsistentRead: true }),
    );
    return Item as Credential | HeldUsername | undefined; // Only this class writes the table.
  }

  /**
   * Whoever had it at once would be, to those who knew the user, the same person. The username may be somebody else's by
   * now, where tables were restored.
   */
  async #holdOfUsername(user: User | undefined, erasedAt: number): Promise<TransactItem[]> {
    if (user === undefined) return [];
    const { userId, username } = user;
    if ((await this.credential(username))?.userId !== userId) return [];
    const held: HeldUsername = { username, expiresAt: Math.ceil((erasedAt + heldForMs) / 1000) };
    return [
      {
        // The whole item: nothing of the credential, nor whose it was, is left.
        Put: {
          TableName: this.#credentials,
          Item: held,
          ConditionExpression: 'userId = :userId',
          ExpressionAttributeValues: { ':userId': userId },
        },
      },
    ];
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
    const items = await this.#items(userIds);
    return new Map(items.flatMap((item) => ('erasedAt' in item ? [] : [[item.userId, item]])));
  }

  /** Those of `userIds` who were erased, by id. */
  async tombstones(userIds: readonly string[]): Promise<Map<string, Tombstone>> {
    const items = await this.#items(userIds);
    return new Map(items.flatMap((item) => ('erasedAt' in item ? [[item.userId, item]] : [])));
  }

  async #items(userIds: readonly string[]): Promise<UsersItem[]> {
    const keys = [...new Set(userIds)].map((userId) => ({ userId }));
    return (await batchGet(this.#documents, this.#users, keys)) as UsersItem[]; // Only `UserStore` writes this table.
  }
}

/** What the table holds. */
export type UsersItem = User | Tombstone;

/** To everybody but who looks for tombstones, one who was erased is not there. */
export function userIn(item: UsersItem | undefined): User | undefined {
  return item === undefined || 'erasedAt' in item ? undefined : item;
}

async function readUser(
  documents: DynamoDBDocumentClient,
  table: string,
  userId: string,
): Promise<User | undefined> {
  return userIn(await readItem(documents, table, userId));
}

async function readItem(
  documents: DynamoDBDocumentClient,
  table: string,
  userId: string,
): Promise<UsersItem | undefined> {
  const { Item } = await documents.send(
    new GetCommand({ TableName: table, Key: { userId }, ConsistentRead: true }),
  );
  return Item as UsersItem | undefined; // Only `UserStore` writes this table.
}

function stillAs(user: User | undefined) {
  return user === undefined
    ? { ConditionExpression: 'attribute_not_exists(userId)' }
    : {
        ConditionExpression: 'username = :username',
        ExpressionAttributeValues: { ':username': user.username },
      };
}
