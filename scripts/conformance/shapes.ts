/**
 * The nouns of docs/protocol.md, written down once more. Not those of shared/protocol: a server that follows a mistake there
 * must not be held to the same mistake.
 */
import * as v from 'valibot';

export const Id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));
export const Time = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  v.check((text) => !Number.isNaN(Date.parse(text))),
);
const Whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Cursor = v.nullable(v.string());

export const Message = v.object({
  conversationId: Id,
  seq: Seq,
  messageId: Id,
  senderId: Id,
  type: v.picklist(['text', 'system', 'image', 'file']),
  content: v.string(),
  createdAt: Time,
  replyTo: v.optional(Seq),
  editedAt: v.optional(Time),
  deleted: v.optional(v.literal(true)),
  reactions: v.optional(v.record(v.string(), v.array(Id))),
  revision: v.optional(Seq),
});
export type Message = v.InferOutput<typeof Message>;

const PublicProfile = v.object({
  userId: Id,
  username: v.pipe(v.string(), v.regex(/^[a-z0-9_.-]{3,32}$/)),
  displayName: v.pipe(v.string(), v.minLength(1)),
});
export const Profile = v.object({ ...PublicProfile.entries, createdAt: Time });
export type Profile = v.InferOutput<typeof Profile>;
export const Users = v.object({ users: v.array(PublicProfile) });

const Role = v.picklist(['admin', 'member']);
const conversation = {
  conversationId: Id,
  createdAt: Time,
  createdBy: Id,
  memberCount: Whole,
  role: Role,
  lastSeq: Whole,
  lastReadSeq: Whole,
  unreadCount: Whole,
  lastActivityAt: Time,
  lastMessagePreview: v.nullable(v.object({ seq: Seq, senderId: Id, text: v.string() })),
  mutedUntil: v.nullable(Time),
  pinned: v.boolean(),
};
const isTheDifference = (seen: { unreadCount: number; lastSeq: number; lastReadSeq: number }) =>
  seen.unreadCount === seen.lastSeq - seen.lastReadSeq;
const difference = 'unreadCount must be lastSeq − lastReadSeq';
export const Direct = v.pipe(
  v.object({ ...conversation, type: v.literal('DM'), title: v.null(), peer: v.optional(PublicProfile) }),
  v.check((seen) => isTheDifference(seen), difference),
  v.check(
    ({ peer, memberCount }) => peer !== undefined || memberCount === 1,
    'peer must be there as long as both are members',
  ),
);
export const Group = v.pipe(
  v.object({ ...conversation, type: v.literal('GROUP'), title: v.string(), peer: v.optional(v.never()) }),
  v.check((seen) => isTheDifference(seen), difference),
);
export const Conversation = v.union([Direct, Group]);
export type Conversation = v.InferOutput<typeof Conversation>;

export const Member = v.object({
  ...PublicProfile.entries,
  role: Role,
  joinedAt: Time,
  lastReadSeq: Whole,
});
export const WithMembers = v.object({ members: v.array(Member) });

export const Session = v.object({ token: v.pipe(v.string(), v.minLength(1)), expiresAt: Time });
export const Sessions = v.object({
  items: v.array(
    v.object({
      sessionId: Id,
      deviceName: v.nullable(v.pipe(v.string(), v.minLength(1))),
      createdAt: Time,
      lastUsedAt: Time,
      current: v.boolean(),
    }),
  ),
});
export const SignedIn = v.object({ user: Profile, ...Session.entries });
export const Health = v.object({ status: v.literal('ok'), version: v.string() });
export const InboxPage = v.object({ items: v.array(Conversation), nextCursor: Cursor });
export const MembersPage = v.object({ items: v.array(Member), nextCursor: Cursor });
export const MessagesPage = v.object({
  items: v.array(Message),
  nextCursor: v.nullable(v.pipe(v.string(), v.regex(/^\d+$/))),
});
export const ReadMarker = v.object({ lastReadSeq: Whole });
export const Accepted = v.object({ messageId: Id, conversationId: Id, acceptedAt: Time });

export const statuses = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;
export type Code = keyof typeof statuses;

export function problemOf(code: Code) {
  return v.object({
    type: v.string(),
    title: v.pipe(v.string(), v.minLength(1)),
    status: v.literal(statuses[code]),
    detail: v.pipe(v.string(), v.minLength(1)),
    code: v.literal(code),
    requestId: v.pipe(v.string(), v.minLength(1)),
  });
}

// Over the socket

const requestId = v.optional(v.string());
export const ErrorFrame = v.object({
  type: v.literal('error'),
  code: v.picklist(Object.keys(statuses)),
  message: v.pipe(v.string(), v.minLength(1)),
  action: v.optional(v.string()),
  requestId,
  messageId: v.optional(Id),
  retryAfterMs: v.optional(v.pipe(v.number(), v.minValue(1))),
});
export const SendAck = v.object({
  type: v.literal('ack'),
  action: v.literal('sendMessage'),
  requestId,
  ...Accepted.entries,
});
export const ReadAck = v.object({
  type: v.literal('ack'),
  action: v.literal('markRead'),
  requestId,
  lastReadSeq: Whole,
});
export const Heartbeat = v.object({
  type: v.literal('heartbeat'),
  requestId,
  serverTime: Time,
  latestActivityAt: v.nullable(Time),
});
export const Synced = v.object({
  conversationId: Id,
  lastSeq: Whole,
  lastReadSeq: Whole,
  lastRevision: Whole,
  messages: v.array(Message),
  changed: v.array(Message),
  hasMore: v.boolean(),
});
const NotSynced = v.object({ conversationId: Id, code: v.literal('NOT_FOUND') });
export const SyncReply = v.object({
  type: v.literal('sync'),
  requestId,
  conversations: v.array(v.union([Synced, NotSynced])),
});

export const MessageChanged = v.object({
  type: v.literal('messageChanged'),
  messages: v.pipe(v.array(Message), v.minLength(1)),
});
export const MessageEvent = v.object({
  type: v.literal('message'),
  messages: v.pipe(
    v.array(Message),
    v.minLength(1),
    v.check((messages) => new Set(messages.map((one) => one.conversationId)).size === 1, 'one conversation'),
    v.check(
      (messages) => messages.every(({ seq }, index) => index === 0 || seq > (messages[index - 1]?.seq ?? 0)),
      'ascending seq',
    ),
  ),
});
export const ReadEvent = v.object({
  type: v.literal('read'),
  conversationId: Id,
  userId: Id,
  seq: Seq,
});
export const ConversationEvent = v.object({ type: v.literal('conversation'), conversation: Conversation });
export const ConversationChanged = v.object({
  type: v.literal('conversationChanged'),
  conversationId: Id,
  title: v.nullable(v.string()),
  memberCount: Whole,
});
export const ConversationRemoved = v.object({ type: v.literal('conversationRemoved'), conversationId: Id });

/** What `value` is by `schema`; throws with what is wrong and what there was. */
export function read<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  what: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? ''} ${issue.message}`.trim());
  throw new Error(`${what} is not as it must be (${problems.join('; ')}): ${shown(value)}`);
}

export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 400);
}
