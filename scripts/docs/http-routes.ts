/** The routes of the HTTP API in words, with their schemas and an example each. */
import type { GenericSchema } from 'valibot';
import { Member, Profile } from '../../shared/protocol/entities.ts';
import type { ErrorCode } from '../../shared/protocol/errors.ts';
import {
  AcceptedAnswer,
  AddMembersBody,
  ChangePasswordBody,
  ConversationAnswer,
  ConversationPath,
  ConversationWithMembersAnswer,
  CreateConversationBody,
  EraseUserBody,
  HealthAnswer,
  InboxAnswer,
  InboxQuery,
  LoginBody,
  MarkReadBody,
  MemberPath,
  MembersAnswer,
  MembersPageAnswer,
  MembersQuery,
  MessagesAnswer,
  MessagesQuery,
  ReadAnswer,
  RegisterBody,
  SendMessageBody,
  SessionPath,
  SessionsAnswer,
  SignedInAnswer,
  TokenAnswer,
  UpdateConversationBody,
  UpdateMemberBody,
  UpdateProfileBody,
  UpdateSettingsBody,
  UsersAnswer,
  UsersQuery,
} from '../../shared/protocol/http.ts';
import { limits } from '../../shared/protocol/limits.ts';
import {
  acceptedAt,
  admin,
  alice,
  bob,
  bobId,
  carolId,
  dm,
  dmId,
  expiresAt,
  group,
  member,
  message,
  messageId,
  token,
} from './examples.ts';

export type RouteDocument = {
  tag: 'Health' | 'Accounts' | 'Conversations' | 'Members' | 'Messages';
  operationId: string;
  summary: string;
  description?: string;
  /** Asks for no token. */
  open?: true;
  path?: GenericSchema;
  query?: GenericSchema;
  body?: { schema: GenericSchema; example: unknown };
  answers: Record<number, { description: string; schema?: GenericSchema; example?: unknown }>;
  /** Beside those that the rest of the document makes possible: see `errorsOf` in openapi.ts. */
  errors?: Partial<Record<ErrorCode, string>>;
};

const notAMember = 'There is no such conversation, or the caller is not a member of it.';
const notAnAdmin = 'The caller is not an admin of the group, or it is a DM.';
const lastAdmin = 'The last admin cannot step down or leave while other members remain.';
const tooManyActions = 'More than the rate of actions that a user has over sockets and HTTP together.';

/** By method and path, as infra/routes.ts has them. */
export const routeDocuments: Record<string, RouteDocument> = {
  'GET /health': {
    tag: 'Health',
    operationId: 'getHealth',
    summary: 'Whether the API answers, and its version',
    open: true,
    answers: {
      200: { description: 'It answers.', schema: HealthAnswer, example: { status: 'ok', version: '0.1.0' } },
    },
  },

  'POST /users': {
    tag: 'Accounts',
    operationId: 'register',
    summary: 'Register an account',
    description: 'The password must not be a common one, nor the username or little more.',
    open: true,
    body: {
      schema: RegisterBody,
      example: { username: 'alice', password: 'correct horse', displayName: 'Alice', deviceName: 'Laptop' },
    },
    answers: {
      201: {
        description: 'Registered and signed in.',
        schema: SignedInAnswer,
        example: { user: alice, token, expiresAt },
      },
    },
    errors: {
      FORBIDDEN: 'Registration is closed in this deployment.',
      CONFLICT: 'The username is taken, or was that of a user who was erased in the last 90 days.',
      RATE_LIMITED: 'Too many registrations tried from this address, malformed ones too.',
    },
  },
  'GET /users': {
    tag: 'Accounts',
    operationId: 'findUsers',
    summary: 'Look up users by exact username, or by id',
    description:
      'Give either `username` or `ids`. By username: one profile, or an empty list. By `ids`: profiles of the caller ' +
      'and of people one shares a conversation with; others are left out. With `conversationIds` the answer is exact for ' +
      'those conversations; without, people are found by DMs and recent conversations.',
    query: UsersQuery,
    answers: { 200: { description: 'Those found.', schema: UsersAnswer, example: { users: [bob] } } },
  },
  'POST /login': {
    tag: 'Accounts',
    operationId: 'login',
    summary: 'Sign in',
    description:
      `Opens a session. A user has at most ${limits.sessionsPerUser}: one more ends the one whose token was renewed ` +
      'longest ago. `deviceName` is what the list of sessions calls it.',
    open: true,
    body: {
      schema: LoginBody,
      example: { username: 'alice', password: 'correct horse', deviceName: 'Laptop' },
    },
    answers: {
      200: { description: 'Signed in.', schema: SignedInAnswer, example: { user: alice, token, expiresAt } },
    },
    errors: {
      UNAUTHENTICATED: 'Unknown user or wrong password: the same answer for both.',
      FORBIDDEN: 'The account is blocked. Only who knows its password is told.',
      RATE_LIMITED:
        'Too many failures for this username, or logins tried from this address, malformed ones too.',
    },
  },
  'POST /token': {
    tag: 'Accounts',
    operationId: 'renewToken',
    summary: 'A fresh token for a caller whose token is still good',
    description:
      'Within the same session, which can be renewed for 30 days after signing in, or for what the deployment says. The last ' +
      'token expires with it; after that the answer is UNAUTHENTICATED.',
    answers: {
      200: { description: 'The fresh token.', schema: TokenAnswer, example: { token, expiresAt } },
    },
  },
  'POST /logout': {
    tag: 'Accounts',
    operationId: 'logout',
    summary: "End all of the caller's sessions",
    description: 'Every token so far is refused from now on, and the sockets are closed.',
    answers: { 204: { description: 'All sessions have ended.' } },
  },
  'GET /users/me/sessions': {
    tag: 'Accounts',
    operationId: 'listSessions',
    summary: "The caller's sessions",
    description: 'Those of which a token is good, the one used last first.',
    answers: {
      200: {
        description: 'Each sign-in, on its device.',
        schema: SessionsAnswer,
        example: {
          items: [
            {
              sessionId: 'ses_0192d3f0',
              deviceName: 'Laptop',
              createdAt: '2026-11-20T08:00:00.000Z',
              lastUsedAt: '2026-11-24T10:00:00.000Z',
              current: true,
            },
          ],
        },
      },
    },
    errors: { FORBIDDEN: 'Users sign in with an issuer, which has the sessions.' },
  },
  'DELETE /users/me/sessions/{sessionId}': {
    tag: 'Accounts',
    operationId: 'endSession',
    summary: "End one of the caller's sessions",
    description:
      'Its tokens are refused from now on, and its sockets are closed. `current` names the session of the request. The answer is ' +
      'the same for a session that has ended already, and for an id that is none of the caller’s.',
    path: SessionPath,
    answers: { 204: { description: 'The session has ended.' } },
    errors: { FORBIDDEN: 'Users sign in with an issuer, which has the sessions.' },
  },
  'GET /users/me': {
    tag: 'Accounts',
    operationId: 'getOwnProfile',
    summary: "The caller's profile",
    answers: { 200: { description: 'The profile.', schema: Profile, example: alice } },
  },
  'PATCH /users/me': {
    tag: 'Accounts',
    operationId: 'updateOwnProfile',
    summary: "Change the caller's profile",
    body: { schema: UpdateProfileBody, example: { displayName: 'Alice' } },
    answers: { 200: { description: 'The profile as it is now.', schema: Profile, example: alice } },
  },
  'DELETE /users/me': {
    tag: 'Accounts',
    operationId: 'eraseSelf',
    summary: 'Erase the caller',
    body: { schema: EraseUserBody, example: { password: 'correct horse' } },
    description:
      'Takes the password; none where users sign in with an issuer. Once this is answered, every token is refused, the sockets are closed, and the username cannot be registered for ' +
      `${limits.erasedUsernameDays} days. In the background the ` +
      'caller then leaves all conversations, and all messages of theirs become deleted ones from an account without a name, ' +
      'which the members hear of as of other changes. The last admin of a group hands over to its longest-standing member. ' +
      'It cannot be undone. Repeating it with the old token is answered with UNAUTHENTICATED.',
    answers: { 202: { description: 'The account has ended, and the rest will be erased.' } },
    errors: {
      UNAUTHENTICATED: 'The token is not good, or the password is wrong.',
      RATE_LIMITED:
        'Too many wrong passwords from this user, here or in changing the password, or too many requests.',
    },
  },
  'PUT /users/me/password': {
    tag: 'Accounts',
    operationId: 'changePassword',
    summary: 'Change the password',
    description:
      'Only the session of the request goes on, with the token of the answer: every other token is refused from now on, and all ' +
      'sockets are closed. The new password must not be a common one, nor the ' +
      'username or little more.',
    body: {
      schema: ChangePasswordBody,
      example: { currentPassword: 'correct horse', newPassword: 'battery staple' },
    },
    answers: {
      200: { description: 'The token to go on with.', schema: TokenAnswer, example: { token, expiresAt } },
    },
    errors: {
      UNAUTHENTICATED: 'The token is not good, or the current password is wrong.',
      CONFLICT: 'The password or the sessions were changed meanwhile.',
      RATE_LIMITED: 'Too many wrong passwords from this user. Failed logins do not count here.',
    },
  },

  'POST /conversations': {
    tag: 'Conversations',
    operationId: 'createConversation',
    summary: 'Open a DM, or create a group',
    description:
      'Two people have one DM, whoever opens it first; both are `member`s of it. The creator of a group is its admin.',
    body: {
      schema: CreateConversationBody,
      example: { type: 'GROUP', title: 'Lunch', memberIds: [bobId], createId: 'lunch-1' },
    },
    answers: {
      200: {
        description: 'The DM, or the group of this `createId`, exists already.',
        schema: ConversationAnswer,
        example: group,
      },
      201: { description: 'Created.', schema: ConversationAnswer, example: group },
    },
    errors: {
      NOT_FOUND: 'The group of this `createId` exists and the caller is no longer a member of it.',
      CONFLICT: `The caller or another member is in ${limits.conversationsPerUser} conversations already.`,
      RATE_LIMITED: 'More conversations than a user may create in a minute.',
    },
  },
  'GET /conversations': {
    tag: 'Conversations',
    operationId: 'listConversations',
    summary: 'The inbox, newest activity first',
    description: `\`limit\` is ${limits.inboxPage} where not given. A page may hold fewer items than asked for and still not be the last: only \`nextCursor\` tells.`,
    query: InboxQuery,
    answers: {
      200: { description: 'One page.', schema: InboxAnswer, example: { items: [dm], nextCursor: null } },
    },
  },
  'GET /conversations/{id}': {
    tag: 'Conversations',
    operationId: 'getConversation',
    summary: 'A conversation with its members',
    description: `The first ${limits.membersShown} members; \`GET /conversations/{id}/members\` pages through all.`,
    path: ConversationPath,
    answers: {
      200: {
        description: 'The conversation as the caller sees it.',
        schema: ConversationWithMembersAnswer,
        example: { ...group, members: [admin, member] },
      },
    },
    errors: { NOT_FOUND: notAMember },
  },
  'PATCH /conversations/{id}': {
    tag: 'Conversations',
    operationId: 'updateConversation',
    summary: 'Change the title of a group',
    path: ConversationPath,
    body: { schema: UpdateConversationBody, example: { title: 'Lunch' } },
    answers: {
      200: { description: 'The conversation as it is now.', schema: ConversationAnswer, example: group },
    },
    errors: { FORBIDDEN: notAnAdmin, NOT_FOUND: notAMember },
  },
  'PATCH /conversations/{id}/settings': {
    tag: 'Conversations',
    operationId: 'updateSettings',
    summary: "Change the caller's own settings of a conversation",
    path: ConversationPath,
    body: { schema: UpdateSettingsBody, example: { mutedUntil: null, pinned: false } },
    answers: {
      200: { description: 'The conversation as it is now.', schema: ConversationAnswer, example: group },
    },
    errors: { NOT_FOUND: notAMember },
  },
  'PUT /conversations/{id}/read': {
    tag: 'Conversations',
    operationId: 'markRead',
    summary: 'Move the read marker up',
    description: 'Never back, and never past `lastSeq`: the answer says where it is.',
    path: ConversationPath,
    body: { schema: MarkReadBody, example: { seq: 42 } },
    answers: {
      200: { description: 'Where the marker is.', schema: ReadAnswer, example: { lastReadSeq: 42 } },
    },
    errors: { NOT_FOUND: notAMember, RATE_LIMITED: tooManyActions },
  },

  'GET /conversations/{id}/members': {
    tag: 'Members',
    operationId: 'listMembers',
    summary: 'Members, by user id',
    description: `\`limit\` is ${limits.memberPage} where not given.`,
    path: ConversationPath,
    query: MembersQuery,
    answers: {
      200: {
        description: 'One page.',
        schema: MembersPageAnswer,
        example: { items: [admin, member], nextCursor: null },
      },
    },
    errors: { NOT_FOUND: notAMember },
  },
  'POST /conversations/{id}/members': {
    tag: 'Members',
    operationId: 'addMembers',
    summary: 'Add members to a group',
    description:
      'Adding a member twice is no error. Who joins may read all history and starts with nothing unread.',
    path: ConversationPath,
    body: { schema: AddMembersBody, example: { userIds: [bobId, carolId] } },
    answers: {
      200: { description: 'Those named, as members.', schema: MembersAnswer, example: { members: [member] } },
    },
    errors: {
      FORBIDDEN: notAnAdmin,
      NOT_FOUND: notAMember,
      CONFLICT: `A group has at most ${limits.groupMembers} members, and a user at most ${limits.conversationsPerUser} conversations.`,
    },
  },
  'PATCH /conversations/{id}/members/{userId}': {
    tag: 'Members',
    operationId: 'setRole',
    summary: "Change a member's role",
    path: MemberPath,
    body: { schema: UpdateMemberBody, example: { role: 'member' } },
    answers: { 200: { description: 'The member as it is now.', schema: Member, example: member } },
    errors: {
      FORBIDDEN: notAnAdmin,
      NOT_FOUND: `${notAMember} Or there is no such member.`,
      CONFLICT: lastAdmin,
    },
  },
  'DELETE /conversations/{id}/members/{userId}': {
    tag: 'Members',
    operationId: 'removeMember',
    summary: 'Remove a member, or leave',
    description: 'By an admin, or oneself. Their devices stop receiving the conversation.',
    path: MemberPath,
    answers: { 204: { description: 'The member is gone.' } },
    errors: {
      FORBIDDEN: notAnAdmin,
      NOT_FOUND: `${notAMember} Or there is no such member.`,
      CONFLICT: lastAdmin,
    },
  },

  'GET /messages': {
    tag: 'Messages',
    operationId: 'listMessages',
    summary: 'History in either direction, or what has changed in it',
    description:
      'With `after`: the messages above it; `nextCursor` is the `after` of the next page, and `null` when nothing more ' +
      'was stored at the time. With `before`, or neither: the messages just below it, or the newest; `nextCursor` is ' +
      'the `before` of the next older page. Both ascending. With `changedAfter`: what was edited, deleted or reacted to after ' +
      'that revision, as it is now, by ascending revision; `nextCursor` is the next `changedAfter`. ' +
      `\`limit\` is ${limits.messagePage} where not given; a page never exceeds ${limits.pageBytes} bytes.`,
    query: MessagesQuery,
    answers: {
      200: {
        description: 'One page.',
        schema: MessagesAnswer,
        example: { items: [message], nextCursor: null },
      },
    },
    errors: { NOT_FOUND: notAMember },
  },
  'POST /messages': {
    tag: 'Messages',
    operationId: 'sendMessage',
    summary: 'Send a message',
    description:
      'The same send path as over the socket, for bots and servers. What is wrong with an accepted message (a ' +
      "`messageId` that was used for another) is told to the sender's sockets.",
    body: {
      schema: SendMessageBody,
      example: { conversationId: dmId, messageId, content: 'hello' },
    },
    answers: {
      202: {
        description: 'Durably queued. It is stored when its `message` event comes.',
        schema: AcceptedAnswer,
        example: { messageId, conversationId: dmId, acceptedAt },
      },
    },
    errors: { NOT_FOUND: notAMember, RATE_LIMITED: 'More messages than a user may send.' },
  },
};
