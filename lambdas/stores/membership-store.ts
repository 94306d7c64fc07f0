import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { limits } from '../../shared/protocol/limits.ts';
import type { Role } from '../../shared/protocol/values.ts';
import type { ConversationHead } from './conversation-store.ts';
import { cancellations, isLostRace, type TransactItem, transact } from './dynamo.ts';
import { endedMembership } from './ended-membership-store.ts';
import type { InboxRow } from './inbox-store.ts';
import { type MemberRow, MemberStore } from './member-store.ts';

/** A transaction takes 100 items: the conversation, and two rows for each member. */
export const membersPerTransaction = 49;

/**
 * Who is in which conversation: `MembersByConversation`, the members' rows in `ConversationsByUser`, and the counts
 * in `Conversations`, which change together or not at all.
 */
export class MembershipStore extends MemberStore {
  readonly #documents: DynamoDBDocumentClient;
  readonly #tables: { conversations: string; members: string; inbox: string; endedMemberships: string };

  constructor(
    documents: DynamoDBDocumentClient,
    tables: { conversations: string; members: string; inbox: string; endedMemberships: string },
  ) {
    super(documents, tables.members);
    this.#documents = documents;
    this.#tables = tables;
  }

  /** Creates a conversation with its first members. `false` where it exists already. */
  async create(head: ConversationHead, inboxRows: InboxRow[]): Promise<boolean> {
    try {
      await transact(this.#documents, [
        {
          Put: {
            TableName: this.#tables.conversations,
            Item: head,
            ConditionExpression: 'attribute_not_exists(conversationId)',
          },
        },
        ...inboxRows.flatMap((row) => this.#putMember(row)),
      ]);
      return true;
    } catch (error) {
      if (cancellations(error)?.[0]?.code === 'ConditionalCheckFailed') return false;
      throw error;
    }
  }

  /**
   * Adds members, each starting at the conversation's present end. `false` where the conversation has moved on since
   * `head` was read: then nothing was written, and it is to be read again.
   */
  async add(head: ConversationHead, inboxRows: InboxRow[], pendingAfter?: string[]): Promise<boolean> {
    const becomesLarge =
      head.isLarge !== true && head.memberCount + inboxRows.length > limits.smallGroupMembers;
    if (becomesLarge && head.subscriptions !== 'complete') {
      throw new Error(`${head.conversationId} would become large before its connections are subscribed`);
    }
    const stillPending = pendingAfter !== undefined && pendingAfter.length > 0;
    const nonePending = pendingAfter !== undefined && !stillPending;
    return this.#change([
      {
        Update: {
          TableName: this.#tables.conversations,
          Key: { conversationId: head.conversationId },
          UpdateExpression: [
            'SET membersVersion = :next, memberCount = memberCount + :added',
            becomesLarge ? ', isLarge = :isLarge' : '',
            stillPending ? ', pendingMemberIds = :pending' : '',
            nonePending ? ' REMOVE pendingMemberIds' : '',
          ].join(''),
          // `lastSeq` too: a member who joins at one end of the conversation must not miss a message before the next.
          ConditionExpression: 'membersVersion = :read AND lastSeq = :lastSeq',
          ExpressionAttributeValues: {
            ':read': head.membersVersion,
            ':next': head.membersVersion + 1,
            ':added': inboxRows.length,
            ':lastSeq': head.lastSeq,
            ...(becomesLarge && { ':isLarge': true }),
            ...(stillPending && { ':pending': pendingAfter }),
          },
        },
      },
      ...inboxRows.flatMap((row) => this.#putMember(row)),
    ]);
  }

  /**
   * From now on whoever joins does so with a mark: an addition under way with the old `head` loses the race. `false` as
   * for {@link add}.
   */
  async beginSubscriptions(head: ConversationHead): Promise<boolean> {
    return this.#change([
      {
        Update: {
          TableName: this.#tables.conversations,
          Key: { conversationId: head.conversationId },
          UpdateExpression: 'SET subscriptions = :building, membersVersion = :next',
          ConditionExpression: 'membersVersion = :read',
          ExpressionAttributeValues: {
            ':building': 'building',
            ':read': head.membersVersion,
            ':next': head.membersVersion + 1,
          },
        },
      },
    ]);
  }

  /** Removes a member whose role was read at `head`. `false` as for {@link add}. */
  async remove(head: ConversationHead, member: MemberRow): Promise<boolean> {
    const { conversationId, userId } = member;
    return this.#change([
      this.#countChange(head, { members: -1, admins: member.role === 'admin' ? -1 : 0 }),
      {
        Delete: {
          TableName: this.#tables.members,
          Key: { conversationId, userId },
          ConditionExpression: 'attribute_exists(userId)',
        },
      },
      { Delete: { TableName: this.#tables.inbox, Key: { userId, conversationId } } },
      ...(head.subscriptions === undefined ? [] : [this.#putEnded(member)]),
    ]);
  }

  /**
   * Removes the rows of one whose conversation is not there, or who is no member of it and has an inbox row all the same,
   * as restored tables may have them. `false` where that is not so by now.
   */
  async removeStray(
    userId: string,
    conversationId: string,
    lacking: 'conversation' | 'member',
  ): Promise<boolean> {
    const inboxRow = { Delete: { TableName: this.#tables.inbox, Key: { userId, conversationId } } };
    if (lacking === 'member') {
      return this.#change([
        {
          ConditionCheck: {
            TableName: this.#tables.members,
            Key: { conversationId, userId },
            ConditionExpression: 'attribute_not_exists(userId)',
          },
        },
        inboxRow,
      ]);
    }
    return this.#change([
      {
        ConditionCheck: {
          TableName: this.#tables.conversations,
          Key: { conversationId },
          ConditionExpression: 'attribute_not_exists(conversationId)',
        },
      },
      { Delete: { TableName: this.#tables.members, Key: { conversationId, userId } } },
      inboxRow,
    ]);
  }

  /** Gives a member whose role was read at `head` the other role. `false` as for {@link add}. */
  async setRole(head: ConversationHead, member: MemberRow, role: Role): Promise<boolean> {
    const { conversationId, userId } = member;
    const setRole = {
      UpdateExpression: 'SET #role = :role',
      ConditionExpression: 'attribute_exists(userId)',
      ExpressionAttributeNames: { '#role': 'role' },
      ExpressionAttributeValues: { ':role': role },
    };
    return this.#change([
      this.#countChange(head, { members: 0, admins: role === 'admin' ? 1 : -1 }),
      { Update: { TableName: this.#tables.members, Key: { conversationId, userId }, ...setRole } },
      { Update: { TableName: this.#tables.inbox, Key: { userId, conversationId }, ...setRole } },
    ]);
  }

  #countChange(head: ConversationHead, change: { members: number; admins: number }): TransactItem {
    return {
      Update: {
        TableName: this.#tables.conversations,
        Key: { conversationId: head.conversationId },
        UpdateExpression:
          'SET membersVersion = :next, memberCount = memberCount + :members, adminCount = adminCount + :admins',
        ConditionExpression: 'membersVersion = :read',
        ExpressionAttributeValues: {
          ':read': head.membersVersion,
          ':next': head.membersVersion + 1,
          ':members': change.members,
          ':admins': change.admins,
        },
      },
    };
  }

  #putMember(row: InboxRow): TransactItem[] {
    const { conversationId, userId, role, joinedAt, lastSeq } = row;
    const member: MemberRow = { conversationId, userId, role, joinedAt, joinedSeq: lastSeq };
    const ConditionExpression = 'attribute_not_exists(userId)';
    return [
      { Put: { TableName: this.#tables.members, Item: member, ConditionExpression } },
      { Put: { TableName: this.#tables.inbox, Item: row, ConditionExpression } },
    ];
  }

  #putEnded(member: MemberRow): TransactItem {
    const Item = endedMembership(member, Date.now());
    return { Put: { TableName: this.#tables.endedMemberships, Item } };
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
}
