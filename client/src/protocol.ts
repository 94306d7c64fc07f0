/**
 * The nouns of the wire protocol as the client hands them out. They are written down here, and not taken from
 * `shared/protocol`, so that what is published carries their documentation and needs no schema library;
 * `protocol.test.ts` holds each of them to its schema.
 */

/** Each code that a server's error can have; see docs/protocol.md, "Errors". */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'PAYLOAD_TOO_LARGE'
  | 'RATE_LIMITED'
  | 'INTERNAL'
  | 'UNAVAILABLE';

/** A stored message. It never changes its place: `seq` is the same for everyone. Never modified in place. */
export interface Message {
  conversationId: string;
  /** From 1, without gap or repeat within the conversation. The only thing that orders messages. */
  seq: number;
  /** The sender's own name for the message. */
  messageId: string;
  senderId: string;
  type: 'text' | 'system' | 'image' | 'file';
  content: string;
  /** When the message was stored, by the server's clock: ISO 8601 UTC. For showing. */
  createdAt: string;
  /** The `seq` of the message that this one answers. */
  replyTo?: number | undefined;
  /** When its sender last changed `content`. */
  editedAt?: string | undefined;
  /** Its sender or an admin deleted it: `content` is empty. */
  deleted?: true | undefined;
  /** Of each emoji, the ids of those who reacted with it. */
  reactions?: Record<string, string[]> | undefined;
  /** Grows with each change to a message of the conversation: of two copies, the one with the higher number is newer. */
  revision?: number | undefined;
}

/** What everyone may see of a user. */
export interface PublicProfile {
  userId: string;
  /** Unique, lower case. */
  username: string;
  displayName: string;
}

/** One's own profile. */
export interface Profile extends PublicProfile {
  createdAt: string;
}

/** What a member may do: an `admin` of a group adds and removes members and renames it. */
export type Role = 'admin' | 'member';

/** Someone in a conversation. */
export interface Member extends PublicProfile {
  role: Role;
  joinedAt: string;
  /** How far this member has read when the answer was made. */
  lastReadSeq: number;
}

/** Whether a user is there. */
export interface UserPresence {
  userId: string;
  status: 'online' | 'offline';
  /** When something was last heard of any device of theirs, give or take five minutes; `null` where nothing is known. */
  lastSeenAt: string | null;
}

/** The newest message of a conversation, cut to 120 characters. */
export interface MessagePreview {
  seq: number;
  senderId: string;
  text: string;
}

/** A conversation as the signed-in user sees it: a row of the inbox. Never modified in place. */
export interface ConversationInfo {
  conversationId: string;
  /** A `DM` has two members who never change, and no title. */
  type: 'DM' | 'GROUP';
  title: string | null;
  createdAt: string;
  createdBy: string;
  memberCount: number;
  /** One's own role. */
  role: Role;
  /** `seq` of the newest message, 0 where there is none. */
  lastSeq: number;
  /** How far one has read oneself. */
  lastReadSeq: number;
  /** `lastSeq − lastReadSeq`. */
  unreadCount: number;
  lastActivityAt: string;
  lastMessagePreview: MessagePreview | null;
  mutedUntil: string | null;
  pinned: boolean;
  /** The other member of a `DM`. */
  peer?: PublicProfile | undefined;
}

/** One sign-in of the user, on one device. */
export interface SessionInfo {
  sessionId: string;
  /** What the device called itself when it signed in. */
  deviceName: string | null;
  createdAt: string;
  /** When its token was last renewed, or something last heard of one of its sockets, give or take five minutes. */
  lastUsedAt: string;
  /** Whether it is the one of this client. */
  current: boolean;
}

/** A token, and when it ends: ISO 8601 UTC. */
export interface Session {
  token: string;
  expiresAt: string;
}

/** What signing in gives. */
export interface SignedIn extends Session {
  user: Profile;
}
