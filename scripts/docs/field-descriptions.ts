/** What a field means, by its name: the same name means the same thing everywhere in the protocol. */
import { limits } from '../../shared/protocol/limits.ts';

const descriptions: Record<string, string> = {
  // Ids
  userId: 'Issued by the server, opaque.',
  conversationId: 'Issued by the server, opaque.',
  messageId:
    "The sender's idempotency key; a UUIDv7 is recommended. One `(senderId, messageId)` is stored at most once.",
  senderId: 'The user who sent it.',
  createId: 'Repeating a creation with the same one answers the group that the first made.',
  createdBy: 'The user who opened it.',

  // Order and reading
  seq: 'Place in the conversation: from 1, dense, and the same for everyone.',
  lastSeq: '`seq` of the newest message; 0 where there is none.',
  lastReadSeq: 'How far the member has read.',
  unreadCount: '`lastSeq` − `lastReadSeq`.',
  revision:
    'Number of its last change among the changes to messages of the conversation; missing where there was none.',
  lastRevision: '`revision` of the newest change that is told of; 0 where there was none.',
  afterSeq: '`seq` of the newest message that the client has; 0 for none.',
  afterRevision:
    'What is told of begins after this `revision`: in a request the client has all changes up to it, 0 for none.',
  changedAfter: 'Messages with a higher `revision`, as they are now, by ascending revision.',
  replyTo: '`seq` of the message this one answers.',
  after: 'Messages with a higher `seq`, ascending.',
  before: 'The messages just below this `seq`, still ascending.',

  state: 'Whether they began to write, or stopped.',

  // Messages
  content: 'What was written.',
  messages: 'By ascending `seq`; changed ones by ascending `revision`.',
  changed:
    'Changed messages as they are now, by ascending `revision`; empty where no `afterRevision` was given.',
  hasMore: 'More is stored than this reply holds: sync again from its last `seq` and `revision`.',
  editedAt: 'When its sender last changed `content`.',
  deleted: 'It was deleted: `content` is empty.',
  reactions: 'Of each emoji, who reacted with it.',
  emoji: 'What to react with.',
  op: 'Whether to add the reaction or to take it back.',
  text: `The message, cut to ${limits.previewCharacters} characters.`,
  acceptedAt: 'When the message was durably queued.',

  // Conversations and members
  title: 'Shown name of a group; `null` for a DM.',
  role: "The member's role.",
  memberCount: 'How many members it has.',
  members: 'Members, each with role and read marker.',
  memberIds: 'Whom to open it with.',
  userIds: 'Whom to add, where who is a member already stays one; or whom to tell of.',
  conversations: 'One entry for each conversation.',
  conversation: 'As the receiving member sees it.',
  peer: 'The other member; for a DM only.',
  lastMessagePreview: 'Beginning of the newest message; `null` where there is none.',
  mutedUntil: "The member's own setting; `null` where not muted.",
  pinned: "The member's own setting.",
  createdAt: 'When it was stored. Only `seq` orders messages.',
  joinedAt: 'When the member joined.',
  lastActivityAt: 'When the newest message was stored, or when the member joined if that was later.',
  latestActivityAt:
    "Newest activity in the caller's inbox; `null` where it is empty. Newer than the client knows means a lost event.",

  // Accounts
  user: 'The account.',
  users: 'One entry for each user.',
  username: 'Unique name to sign in with.',
  displayName: 'Shown name; the username where none was given.',
  deviceName: 'What the device calls itself, for the list of sessions; `null` where it has said nothing.',
  sessionId: 'Names a session of the user. In a path, `current` is that of the request.',
  lastUsedAt:
    'When a token of the session was last issued, or something last heard of one of its sockets, give or take five minutes.',
  current: 'Whether it is the session of the request.',
  password: 'The password.',
  currentPassword: 'The password so far.',
  newPassword: 'The password from now on.',
  token: 'Bearer token, a JWT; opaque to clients.',
  expiresAt: 'When the token ends.',
  ids: 'User ids, separated by commas.',
  conversationIds:
    'Conversations that the caller shares with the users: one for all, or one for each in the same order. They are looked into first.',

  // Listings
  items: 'The page.',
  nextCursor: '`cursor` of the next page; `null` at the end.',
  cursor: '`nextCursor` of the page before.',
  limit: 'Items of one page.',

  // Envelopes
  type: 'Kind.',
  action: 'The action it answers.',
  requestId:
    'Names the request: in a frame and its reply as the client chose, in a problem as the server did.',
  serverTime: "The server's clock.",
  code: 'What went wrong.',
  message: "Words for the client's developer.",
  retryAfterMs:
    'Milliseconds after which trying again makes sense. Given with `RATE_LIMITED` and `UNAVAILABLE`.',
  status: 'The HTTP status; of a user, whether a device is connected.',
  lastSeenAt: 'When something was last heard of any device of the user; `null` where nothing is known.',
  detail: "Words for the client's developer.",
  version: 'Version of the deployed server.',
};

export function fieldDescription(name: string): string {
  const description = descriptions[name];
  if (description === undefined) throw new Error(`The field "${name}" has no description`);
  return description;
}
