import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Message } from '../../shared/protocol/entities.ts';
import type { ChangePlace } from './change-store.ts';
import type { ConversationHead } from './conversation-store.ts';
import { batchGet, type Item, isLostRace, pagesOf, type TransactItem, transact } from './dynamo.ts';
import type { InboxRow } from './inbox-store.ts';
import type { MemberRow } from './member-store.ts';
import type { IdempotencyRecord } from './message-log.ts';

type MemberKey = { userId: string; conversationId: string };
export type DerivedHead = Pick<ConversationHead, 'lastSeq' | 'lastActivityAt' | 'lastMessagePreview'>;

/**
 * What an operator's check reads of whole tables, and how it mends what is derived. Each mending answers `false`, and writes
 * nothing, where what it would mend is not as it was found: so it undoes nothing that goes on meanwhile.
 */
export class ReconciliationStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: {
    conversations: string;
    members: string;
    messages: string;
    changes: string;
    inbox: string;
    idempotency: string;
  };

  constructor(
    documents: DynamoDBDocumentClient,
    tables: {
      conversations: string;
      members: string;
      messages: string;
      changes: string;
      inbox: string;
      idempotency: string;
    },
  ) {
    this.#documents = documents;
    this.#tables = tables;
  }

  /** Page by page, as for all of these. */
  async *conversationIds(): AsyncGenerator<string[]> {
    for await (const items of this.#scan(this.#tables.conversations, 'conversationId')) {
      yield items.map((item) => String(item['conversationId']));
    }
  }

  async *inboxRows(): AsyncGenerator<InboxRow[]> {
    for await (const items of this.#scan(this.#tables.inbox)) yield items as InboxRow[]; // Only stores write the table.
  }

  async *idempotencyRecords(): AsyncGenerator<IdempotencyRecord[]> {
    for await (const items of this.#scan(this.#tables.idempotency)) yield items as IdempotencyRecord[]; // As above.
  }

  async members(keys: MemberKey[]): Promise<MemberRow[]> {
    const ordered = keys.map(({ conversationId, userId }) => ({ conversationId, userId }));
    return (await batchGet(this.#documents, this.#tables.members, ordered)) as MemberRow[]; // As above.
  }

  async messages(keys: { conversationId: string; seq: number }[]): Promise<Message[]> {
    const distinct = new Map(
      keys.map(({ conversationId, seq }) => [`${conversationId}/${seq}`, { conversationId, seq }]),
    );
    return (await batchGet(this.#documents, this.#tables.messages, [...distinct.values()])) as Message[]; // As above.
  }

  /** Whoever appends meanwhile moves `lastSeq`, and whoever changes a message `lastRevision`. */
  async mendHead(
    { conversationId, lastSeq, lastRevision }: ConversationHead,
    derived: DerivedHead,
  ): Promise<boolean> {
    return this.#updateHead(conversationId, {
      set: 'lastSeq = :lastSeq, lastActivityAt = :lastActivityAt, lastMessagePreview = :preview',
      condition: 'lastSeq = :found AND lastRevision = :lastRevision',
      values: {
        ':found': lastSeq,
        ':lastRevision': lastRevision,
        ':lastSeq': derived.lastSeq,
        ':lastActivityAt': derived.lastActivityAt,
        ':preview': derived.lastMessagePreview,
      },
    });
  }

  /** Whoever changes a message meanwhile moves `lastRevision`. */
  async mendLastRevision(
    { conversationId, lastRevision }: ConversationHead,
    derived: number,
  ): Promise<boolean> {
    return this.#updateHead(conversationId, {
      set: 'lastRevision = :lastRevision',
      condition: 'lastRevision = :found',
      values: { ':found': lastRevision, ':lastRevision': derived },
    });
  }

  /** Puts a message where it stands among the changes. */
  async addPlace(place: ChangePlace): Promise<boolean> {
    return this.#change([
      this.#messageAt(place, 'revision = :revision'),
      { Put: { TableName: this.#tables.changes, Item: place } },
    ]);
  }

  /** Takes away a place at which no message stands. */
  async removePlace({ conversationId, revision, seq }: ChangePlace): Promise<boolean> {
    return this.#change([
      this.#messageAt(
        { conversationId, revision, seq },
        'attribute_not_exists(revision) OR revision <> :revision',
      ),
      {
        Delete: {
          TableName: this.#tables.changes,
          Key: { conversationId, revision },
          ConditionExpression: 'seq = :seq',
          ExpressionAttributeValues: { ':seq': seq },
        },
      },
    ]);
  }

  #messageAt({ conversationId, revision, seq }: ChangePlace, condition: string): TransactItem {
    return {
      ConditionCheck: {
        TableName: this.#tables.messages,
        Key: { conversationId, seq },
        ConditionExpression: condition,
        ExpressionAttributeValues: { ':revision': revision },
      },
    };
  }

  /** Whoever joins, leaves or changes role meanwhile moves `membersVersion`. */
  async mendCounts(
    { conversationId, membersVersion }: ConversationHead,
    counts: { memberCount: number; adminCount: number },
  ): Promise<boolean> {
    return this.#updateHead(conversationId, {
      set: 'memberCount = :members, adminCount = :admins',
      condition: 'membersVersion = :version',
      values: {
        ':members': counts.memberCount,
        ':admins': counts.adminCount,
        ':version': membersVersion,
      },
    });
  }

  /** Gives a member a row. Somebody who has left meanwhile gets none. */
  async addRow(member: MemberRow, row: InboxRow): Promise<boolean> {
    return this.#change([
      this.#stillMember(member),
      {
        Put: {
          TableName: this.#tables.inbox,
          Item: row,
          ConditionExpression: 'attribute_not_exists(userId)',
        },
      },
    ]);
  }

  /** Sets attributes of a member's row that still are as in `found`. */
  async mendRow(member: MemberRow, found: InboxRow, changes: Partial<InboxRow>): Promise<boolean> {
    const names = Object.keys(changes) as (keyof InboxRow)[]; // The keys of a partial row are a row's.
    // The time of an activity is right or wrong for one end of the conversation.
    const unchanged = [
      ...new Set([...names, ...(changes.lastActivityAt === undefined ? [] : ['lastSeq' as const])]),
    ];
    const known = unchanged.filter((name) => found[name] !== undefined);
    return this.#change([
      this.#stillMember(member),
      {
        Update: {
          TableName: this.#tables.inbox,
          Key: { userId: found.userId, conversationId: found.conversationId },
          UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
          ConditionExpression: unchanged
            .map((name) =>
              known.includes(name) ? `#${name} = :found_${name}` : `attribute_not_exists(#${name})`,
            )
            .concat('attribute_exists(userId)')
            .join(' AND '),
          ExpressionAttributeNames: Object.fromEntries(unchanged.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: {
            ...Object.fromEntries(names.map((name) => [`:${name}`, changes[name]])),
            ...Object.fromEntries(known.map((name) => [`:found_${name}`, found[name]])),
          },
        },
      },
    ]);
  }

  /** Deletes the row of somebody who is no member, and has not become one meanwhile. */
  async removeRow({ userId, conversationId, joinedAt }: InboxRow): Promise<boolean> {
    return this.#change([
      {
        ConditionCheck: {
          TableName: this.#tables.members,
          Key: { conversationId, userId },
          ConditionExpression: 'attribute_not_exists(userId)',
        },
      },
      {
        Delete: {
          TableName: this.#tables.inbox,
          Key: { userId, conversationId },
          ConditionExpression: 'joinedAt = :joinedAt',
          ExpressionAttributeValues: { ':joinedAt': joinedAt },
        },
      },
    ]);
  }

  #stillMember({ conversationId, userId, role, joinedAt }: MemberRow): TransactItem {
    return {
      ConditionCheck: {
        TableName: this.#tables.members,
        Key: { conversationId, userId },
        ConditionExpression: '#role = :role AND joinedAt = :joinedAt',
        ExpressionAttributeNames: { '#role': 'role' },
        ExpressionAttributeValues: { ':role': role, ':joinedAt': joinedAt },
      },
    };
  }

  #updateHead(
    conversationId: string,
    update: { set: string; condition: string; values: Record<string, unknown> },
  ): Promise<boolean> {
    return this.#change([
      {
        Update: {
          TableName: this.#tables.conversations,
          Key: { conversationId },
          UpdateExpression: `SET ${update.set}`,
          ConditionExpression: update.condition,
          ExpressionAttributeValues: update.values,
        },
      },
    ]);
  }

  async #change(items: TransactItem[]): Promise<boolean> {
    try {
      await transact(this.#documents, items);
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw error;
    }
  }

  #scan(table: string, attribute?: string): AsyncGenerator<Item[]> {
    return pagesOf((from) =>
      this.#documents.send(
        new ScanCommand({
          TableName: table,
          ConsistentRead: true,
          Limit: 500,
          ProjectionExpression: attribute,
          ExclusiveStartKey: from,
        }),
      ),
    );
  }
}
