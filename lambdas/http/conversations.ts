import {
  AddMembersBody,
  ConversationPath,
  CreateConversationBody,
  InboxQuery,
  MarkReadBody,
  MemberPath,
  MembersQuery,
  UpdateConversationBody,
  UpdateMemberBody,
  UpdateSettingsBody,
} from '../../shared/protocol/http.ts';
import { created, httpHandler, noContent, ok, signedIn } from '../middleware/http-handler.ts';
import {
  authenticate,
  conversations,
  inbox,
  members,
  rateLimiter,
  readMarkers,
  requestRows,
} from '../runtime.ts';

const all = conversations();
const inboxes = inbox();
const membership = members();
const markers = readMarkers(requestRows());
const rates = rateLimiter();

const reading = ({ userId }: { userId: string }) => rates.take('reads', userId);
const requesting = ({ userId }: { userId: string }) => rates.take('requests', userId);
const acting = ({ userId }: { userId: string }) => rates.take('actions', userId);

export const handler = httpHandler(
  {
    'POST /conversations': signedIn(
      { admit: reading, body: CreateConversationBody },
      async ({ userId }, { body }) => {
        const result =
          body.type === 'DM'
            ? await all.openDm(userId, body.memberIds[0])
            : await all.createGroup(userId, body);
        return result.created ? created(result.conversation) : ok(result.conversation);
      },
    ),
    'GET /conversations': signedIn({ admit: reading, query: InboxQuery }, async ({ userId }, { query }) =>
      ok(await inboxes.page(userId, query)),
    ),
    'GET /conversations/{id}': signedIn(
      { admit: reading, path: ConversationPath },
      async ({ userId }, { path }) =>
        ok({ ...(await all.view(userId, path.id)), members: await membership.first(path.id) }),
    ),
    'PATCH /conversations/{id}': signedIn(
      { admit: requesting, path: ConversationPath, body: UpdateConversationBody },
      async ({ userId }, { path, body }) => {
        return ok(await all.rename(userId, path.id, body.title));
      },
    ),
    'PATCH /conversations/{id}/settings': signedIn(
      { admit: requesting, path: ConversationPath, body: UpdateSettingsBody },
      async ({ userId }, { path, body }) => {
        return ok(await all.setOwnSettings(userId, path.id, body));
      },
    ),
    'PUT /conversations/{id}/read': signedIn(
      { admit: acting, path: ConversationPath, body: MarkReadBody },
      async ({ userId }, { path, body }) => {
        return ok({ lastReadSeq: await markers.markRead({ userId }, path.id, body.seq) });
      },
    ),

    'GET /conversations/{id}/members': signedIn(
      { admit: reading, path: ConversationPath, query: MembersQuery },
      async ({ userId }, { path, query }) => ok(await membership.page(userId, path.id, query)),
    ),
    'POST /conversations/{id}/members': signedIn(
      { admit: requesting, path: ConversationPath, body: AddMembersBody },
      async ({ userId }, { path, body }) => {
        return ok({ members: await membership.add(userId, path.id, body.userIds) });
      },
    ),
    'PATCH /conversations/{id}/members/{userId}': signedIn(
      { admit: requesting, path: MemberPath, body: UpdateMemberBody },
      async ({ userId }, { path, body }) => {
        return ok(await membership.setRole(userId, path.id, path.userId, body.role));
      },
    ),
    'DELETE /conversations/{id}/members/{userId}': signedIn(
      { admit: requesting, path: MemberPath },
      async ({ userId }, { path }) => {
        await membership.remove(userId, path.id, path.userId);
        return noContent;
      },
    ),
  },
  authenticate(),
);
