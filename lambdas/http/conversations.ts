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
import { authenticate, conversations, inbox, members, rateLimiter, readMarkers } from '../runtime.ts';

const all = conversations();
const inboxes = inbox();
const membership = members();
const markers = readMarkers();
const rates = rateLimiter();

export const handler = httpHandler(
  {
    'POST /conversations': signedIn({ body: CreateConversationBody }, async ({ userId }, { body }) => {
      const result =
        body.type === 'DM'
          ? await all.openDm(userId, body.memberIds[0])
          : await all.createGroup(userId, body);
      return result.created ? created(result.conversation) : ok(result.conversation);
    }),
    'GET /conversations': signedIn({ query: InboxQuery }, async ({ userId }, { query }) =>
      ok(await inboxes.page(userId, query)),
    ),
    'GET /conversations/{id}': signedIn({ path: ConversationPath }, async ({ userId }, { path }) =>
      ok({ ...(await all.view(userId, path.id)), members: await membership.first(path.id) }),
    ),
    'PATCH /conversations/{id}': signedIn(
      { path: ConversationPath, body: UpdateConversationBody },
      async ({ userId }, { path, body }) => {
        await rates.take('requests', userId);
        return ok(await all.rename(userId, path.id, body.title));
      },
    ),
    'PATCH /conversations/{id}/settings': signedIn(
      { path: ConversationPath, body: UpdateSettingsBody },
      async ({ userId }, { path, body }) => {
        await rates.take('requests', userId);
        return ok(await all.setOwnSettings(userId, path.id, body));
      },
    ),
    'PUT /conversations/{id}/read': signedIn(
      { path: ConversationPath, body: MarkReadBody },
      async ({ userId }, { path, body }) => {
        await rates.take('actions', userId);
        return ok({ lastReadSeq: await markers.markRead(userId, path.id, body.seq) });
      },
    ),

    'GET /conversations/{id}/members': signedIn(
      { path: ConversationPath, query: MembersQuery },
      async ({ userId }, { path, query }) => ok(await membership.page(userId, path.id, query)),
    ),
    'POST /conversations/{id}/members': signedIn(
      { path: ConversationPath, body: AddMembersBody },
      async ({ userId }, { path, body }) => {
        await rates.take('requests', userId);
        return ok({ members: await membership.add(userId, path.id, body.userIds) });
      },
    ),
    'PATCH /conversations/{id}/members/{userId}': signedIn(
      { path: MemberPath, body: UpdateMemberBody },
      async ({ userId }, { path, body }) => {
        await rates.take('requests', userId);
        return ok(await membership.setRole(userId, path.id, path.userId, body.role));
      },
    ),
    'DELETE /conversations/{id}/members/{userId}': signedIn(
      { path: MemberPath },
      async ({ userId }, { path }) => {
        await rates.take('requests', userId);
        await membership.remove(userId, path.id, path.userId);
        return noContent;
      },
    ),
  },
  authenticate(),
);
