import type { Conversation } from '../../shared/protocol/entities.ts';
import type { ConversationHead, ConversationStore } from '../stores/conversation-store.ts';
import type { InboxRow, InboxStore } from '../stores/inbox-store.ts';
import type { ProfileStore, User } from '../stores/user-store.ts';
import { publicProfile } from './profiles.ts';

type MemberKey = { userId: string; conversationId: string };

/** A conversation as one of its members sees it: what is the member's own, what is everyone's, and the other person. */
export class ConversationViews {
  readonly #inbox: InboxStore;
  readonly #conversations: ConversationStore;
  readonly #profiles: ProfileStore;

  constructor(inbox: InboxStore, conversations: ConversationStore, profiles: ProfileStore) {
    this.#inbox = inbox;
    this.#conversations = conversations;
    this.#profiles = profiles;
  }

  async view(userId: string, conversationId: string): Promise<Conversation | undefined> {
    return (await this.views([{ userId, conversationId }]))[0]?.conversation;
  }

  /** In the order of `keys`; those where the user is no member are left out. */
  async views(keys: MemberKey[]): Promise<{ userId: string; conversation: Conversation }[]> {
    // The rows first: a read marker read before the end of the log is never past it.
    const rows = await this.#inbox.rows(keys);
    const [heads, peers] = await Promise.all([
      this.#conversations.heads([...new Set(rows.map((row) => row.conversationId))]),
      this.#profiles.users(rows.flatMap((row) => row.peerId ?? [])),
    ]);
    const rowsByKey = new Map(rows.map((row) => [`${row.userId}/${row.conversationId}`, row]));
    return keys.flatMap(({ userId, conversationId }) => {
      const row = rowsByKey.get(`${userId}/${conversationId}`);
      const head = heads.get(conversationId);
      if (row === undefined || head === undefined) return [];
      return [{ userId, conversation: conversationView(row, head, peers) }];
    });
  }
}

function conversationView(row: InboxRow, head: ConversationHead, peers: Map<string, User>): Conversation {
  const peer = row.peerId === undefined ? undefined : peers.get(row.peerId);
  return {
    conversationId: head.conversationId,
    type: head.type,
    title: head.title,
    createdAt: head.createdAt,
    createdBy: head.createdBy,
    memberCount: head.memberCount,
    role: row.role,
    lastSeq: head.lastSeq,
    lastReadSeq: row.lastReadSeq,
    unreadCount: head.lastSeq - row.lastReadSeq,
    lastActivityAt: head.lastActivityAt > row.lastActivityAt ? head.lastActivityAt : row.lastActivityAt,
    lastMessagePreview: head.lastMessagePreview,
    mutedUntil: row.mutedUntil,
    pinned: row.pinned,
    ...(peer && { peer: publicProfile(peer) }),
  };
}
