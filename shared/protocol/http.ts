/** Bodies, queries and answers of the HTTP API, by route. Unknown fields and parameters are refused. */
import * as v from 'valibot';
import { Conversation, Member, Message, Profile, PublicProfile, SessionInfo } from './entities.ts';
import { ErrorCodeName } from './errors.ts';
import { ClientMessageType } from './frames.ts';
import {
  Content,
  ConversationId,
  CreateId,
  DeviceName,
  DisplayName,
  distinctUserIds,
  isOneForAllOrEach,
  MessageId,
  NewPassword,
  oneForAllOrEach,
  PageLimit,
  Password,
  Role,
  Seq,
  SeqOrZero,
  SessionId,
  SharedConversationIds,
  Timestamp,
  Title,
  UserId,
  UserIds,
  Username,
} from './values.ts';

const integerText = v.pipe(v.string(), v.regex(/^\d{1,16}$/, 'must be a whole number'), v.transform(Number));
const pageLimit = v.optional(v.pipe(integerText, PageLimit));
/** Opaque to clients; each listing checks what it decodes to. */
const cursor = v.optional(
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,256}$/, 'is not a cursor of this listing')),
);

/** Values of one parameter, separated by commas. */
const listed = v.pipe(
  v.string(),
  v.transform((text) => text.split(',')),
);

export const RegisterBody = v.strictObject({
  username: Username,
  password: NewPassword,
  displayName: v.optional(DisplayName),
  deviceName: v.optional(DeviceName),
});
export const LoginBody = v.strictObject({
  username: Username,
  password: Password,
  deviceName: v.optional(DeviceName),
});
export const UpdateProfileBody = v.strictObject({ displayName: v.optional(DisplayName) });
/** With a password wherever users have one. */
export const EraseUserBody = v.strictObject({ password: v.optional(Password) });
export const ChangePasswordBody = v.strictObject({ currentPassword: Password, newPassword: NewPassword });

export const UsersQuery = v.union(
  [
    v.strictObject({ username: Username }),
    v.pipe(
      v.strictObject({
        ids: v.pipe(listed, UserIds),
        conversationIds: v.optional(v.pipe(listed, SharedConversationIds)),
      }),
      v.check(({ ids, conversationIds }) => isOneForAllOrEach(conversationIds, ids), oneForAllOrEach),
    ),
  ],
  'must have either username, or ids (1 to 100 user ids separated by commas), with one of conversationIds for all or for each',
);

export const CreateConversationBody = v.variant('type', [
  v.strictObject({
    type: v.literal('DM'),
    memberIds: v.strictTuple([UserId], 'must name exactly one user'),
  }),
  v.strictObject({
    type: v.literal('GROUP'),
    title: Title,
    memberIds: distinctUserIds(0),
    createId: v.optional(CreateId),
  }),
]);

export const InboxQuery = v.strictObject({ limit: pageLimit, cursor });
export const MembersQuery = v.strictObject({ limit: pageLimit, cursor });
export const UpdateConversationBody = v.strictObject({ title: v.optional(Title) });
export const AddMembersBody = v.strictObject({ userIds: distinctUserIds(1) });
export const UpdateMemberBody = v.strictObject({ role: Role });
export const UpdateSettingsBody = v.strictObject({
  mutedUntil: v.optional(v.nullable(Timestamp)),
  pinned: v.optional(v.boolean()),
});
export const MarkReadBody = v.strictObject({ seq: SeqOrZero });

export const MessagesQuery = v.pipe(
  v.strictObject({
    conversationId: ConversationId,
    after: v.optional(v.pipe(integerText, SeqOrZero)),
    before: v.optional(v.pipe(integerText, Seq)),
    changedAfter: v.optional(v.pipe(integerText, SeqOrZero)),
    limit: pageLimit,
  }),
  v.check(
    ({ after, before, changedAfter }) =>
      [after, before, changedAfter].filter((bound) => bound !== undefined).length <= 1,
    'after, before and changedAfter exclude one another',
  ),
);

export const SendMessageBody = v.strictObject({
  conversationId: ConversationId,
  messageId: MessageId,
  content: Content,
  type: v.optional(ClientMessageType),
  replyTo: v.optional(Seq),
});

export const ConversationPath = v.strictObject({ id: ConversationId });
/** The session of the request may be called `current`. */
export const SessionPath = v.strictObject({ sessionId: SessionId });
export const MemberPath = v.strictObject({ id: ConversationId, userId: UserId });

const Token = v.object({ token: v.string(), expiresAt: Timestamp });
const nextCursor = v.nullable(v.string());

export const HealthAnswer = v.object({ status: v.literal('ok'), version: v.string() });
export const TokenAnswer = Token;
export const SessionsAnswer = v.object({ items: v.array(SessionInfo) });
export const SignedInAnswer = v.object({ user: Profile, ...Token.entries });
export const UsersAnswer = v.object({ users: v.array(PublicProfile) });
export const InboxAnswer = v.object({ items: v.array(Conversation), nextCursor });
export const ConversationAnswer = Conversation;
export const ConversationWithMembersAnswer = v.object({ ...Conversation.entries, members: v.array(Member) });
export const MembersPageAnswer = v.object({ items: v.array(Member), nextCursor });
export const MembersAnswer = v.object({ members: v.array(Member) });
export const ReadAnswer = v.object({ lastReadSeq: SeqOrZero });
export const MessagesAnswer = v.object({ items: v.array(Message), nextCursor });
export const AcceptedAnswer = v.object({
  messageId: MessageId,
  conversationId: ConversationId,
  acceptedAt: Timestamp,
});

/** RFC 9457, with the protocol's own `code`. */
export const Problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.string(),
  code: ErrorCodeName,
  requestId: v.string(),
});
