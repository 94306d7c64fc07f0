import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Session } from '../../shared/domain/sessions.ts';
import { writeIf } from './dynamo.ts';
import type { User } from './user-store.ts';

/** The sessions in `Users`: in the item of their user, so that reading the user tells whether a session goes on. */
export class SessionStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #users: string;
  readonly #clock: () => number;

  constructor(documents: DynamoDBDocumentClient, users: string, clock: () => number = Date.now) {
    this.#documents = documents;
    this.#users = users;
    this.#clock = clock;
  }

  /** Adds a session in place of others. `false` where all sessions of the user as it was read have ended meanwhile. */
  async open(
    { userId, authEpoch }: User,
    sessionId: string,
    session: Session,
    inPlaceOf: readonly string[],
  ): Promise<boolean> {
    const removed = Object.fromEntries(inPlaceOf.map((id, index) => [`#removed${index}`, id]));
    const remove = Object.keys(removed).map((name) => `sessions.${name}`);
    const added = await this.#update(userId, {
      expression: `SET sessions.#id = :session${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
      condition: 'authEpoch = :epoch AND attribute_exists(sessions)',
      names: { '#id': sessionId, ...removed },
      values: { ':session': session, ':epoch': authEpoch },
    });
    if (added) return true;
    // Users who were made before there were sessions have no map to add to.
    return this.#update(userId, {
      expression: 'SET sessions = :sessions',
      condition: 'authEpoch = :epoch AND attribute_not_exists(sessions)',
      values: { ':sessions': { [sessionId]: session }, ':epoch': authEpoch },
    });
  }

  /** `false` where the session has ended. */
  async renew(
    { userId, authEpoch }: Pick<User, 'userId' | 'authEpoch'>,
    sessionId: string,
    times: Pick<Session, 'renewedAt' | 'expiresAt'>,
  ): Promise<boolean> {
    return this.#update(userId, {
      expression: 'SET sessions.#id.renewedAt = :renewedAt, sessions.#id.expiresAt = :expiresAt',
      condition: 'authEpoch = :epoch AND attribute_exists(sessions.#id)',
      names: { '#id': sessionId },
      values: { ':renewedAt': times.renewedAt, ':expiresAt': times.expiresAt, ':epoch': authEpoch },
    });
  }

  /** One that has ended already stays so. */
  async end(userId: string, sessionId: string): Promise<void> {
    await this.#update(userId, {
      expression: 'REMOVE sessions.#id',
      condition: 'attribute_exists(sessions.#id)',
      names: { '#id': sessionId },
    });
  }

  /**
   * Ends every session that was begun at `authEpoch` or before, and whichever a change of the password meanwhile has kept.
   * Where all have ended already, nothing happens.
   */
  async endAll(userId: string, authEpoch: number): Promise<void> {
    await this.#update(userId, {
      expression: 'SET authEpoch = authEpoch + :one, sessionsEndedAt = :now, sessions = :none',
      condition: 'authEpoch = :epoch OR (authEpoch > :epoch AND size(sessions) > :zero)',
      values: {
        ':epoch': authEpoch,
        ':one': 1,
        ':zero': 0,
        ':now': Math.floor(this.#clock() / 1000),
        ':none': {},
      },
    });
  }

  async #update(
    userId: string,
    update: {
      expression: string;
      condition: string;
      names?: Record<string, string>;
      values?: Record<string, unknown>;
    },
  ): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: this.#users,
      Key: { userId },
      UpdateExpression: update.expression,
      ConditionExpression: update.condition,
      ExpressionAttributeNames: update.names,
      ExpressionAttributeValues: update.values,
    });
    // Passwords change in transactions on the same item.
    return writeIf(() => this.#documents.send(command));
  }
}
