import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { goesOn, type SessionClaim } from '../../shared/domain/sessions.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import { readTogether } from './dynamo.ts';
import type { InboxRow, InboxStore } from './inbox-store.ts';
import { type UsersItem, userIn } from './user-store.ts';

/** Who asks for something. */
export type Caller = { userId: string };
/** With the session that was good when the socket opened, up to two hours ago. */
export type SocketCaller = Caller & SessionClaim;

/** The caller's own row of a conversation, `undefined` where the caller is no member. */
export interface CallerRows<C extends Caller = Caller> {
  row(caller: C, conversationId: string): Promise<InboxRow | undefined>;
}

/** Of callers who were authenticated by the very request. */
export class RequestRows implements CallerRows {
  readonly #inbox: InboxStore;

  constructor(inbox: InboxStore) {
    this.#inbox = inbox;
  }

  async row({ userId }: Caller, conversationId: string): Promise<InboxRow | undefined> {
    return this.#inbox.row(userId, conversationId);
  }
}

/** Of callers on a socket: their session may have ended since it opened, so that it is read with the row, in the same call. */
export class SocketRows implements CallerRows<SocketCaller> {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: { inbox: string; users: string };

  constructor(documents: DynamoDBDocumentClient, tables: { inbox: string; users: string }) {
    this.#documents = documents;
    this.#tables = tables;
  }

  /** Throws `UNAUTHENTICATED` where the session has ended. */
  async row({ userId, ...session }: SocketCaller, conversationId: string): Promise<InboxRow | undefined> {
    const { inbox, users } = this.#tables;
    const found = await readTogether(
      this.#documents,
      new BatchGetCommand({
        RequestItems: {
          [this.#tables.inbox]: { Keys: [{ userId, conversationId }], ConsistentRead: true },
          [this.#tables.users]: { Keys: [{ userId }], ConsistentRead: true },
        },
      }),
    );
    // Only this folder's stores write the tables.
    if (!goesOn(userIn(found[users]?.[0] as UsersItem | undefined), session)) throw notSignedIn();
    return found[inbox]?.[0] as InboxRow | undefined;
  }
}
