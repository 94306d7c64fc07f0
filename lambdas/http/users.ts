import {
  ChangePasswordBody,
  EraseUserBody,
  LoginBody,
  RegisterBody,
  SessionPath,
  UpdateProfileBody,
  UsersQuery,
} from '../../shared/protocol/http.ts';
import { begun, created, httpHandler, noContent, ok, open, signedIn } from '../middleware/http-handler.ts';
import {
  accountErasure,
  accounts,
  acquaintances,
  authenticateAndEnrol,
  clientAddress,
  rateLimiter,
} from '../runtime.ts';
import { ownProfile } from '../services/profiles.ts';

const users = accounts();
const erasure = accountErasure();
const others = acquaintances();
const addresses = clientAddress();
const rates = rateLimiter();

const reading = ({ userId }: { userId: string }) => rates.take('reads', userId);
const requesting = ({ userId }: { userId: string }) => rates.take('requests', userId);

export const handler = httpHandler(
  {
    'POST /users': open(
      { admit: async (peer) => users.admitRegistration(await addresses.of(peer)), body: RegisterBody },
      async ({ body }) => created(await users.register(body)),
    ),
    'POST /login': open(
      { admit: async (peer) => users.admitLogin(await addresses.of(peer)), body: LoginBody },
      async ({ body, peer }) => ok(await users.login(body, await addresses.of(peer))),
    ),
    'POST /token': signedIn({ admit: reading }, async (caller) => ok(await users.renew(caller))),
    // In no bucket of the user's, which who stole a token could keep empty. The token it comes with is good for one.
    'POST /logout': signedIn({}, async (caller) => {
      await users.logout(caller);
      return noContent;
    }),

    'GET /users/me': signedIn({ admit: reading }, async (caller) => ok(ownProfile(caller))),
    'PATCH /users/me': signedIn({ admit: reading, body: UpdateProfileBody }, async (caller, { body }) =>
      ok(await users.setDisplayName(caller, body.displayName)),
    ),
    'DELETE /users/me': signedIn(
      { admit: requesting, body: EraseUserBody, mayLackBody: true },
      async (caller, { body }) => {
        await users.confirmPassword(caller, body.password);
        await erasure.request(caller.userId);
        return begun;
      },
    ),
    'GET /users/me/sessions': signedIn({ admit: reading }, async (caller) =>
      ok({ items: await users.sessions(caller) }),
    ),
    'DELETE /users/me/sessions/{sessionId}': signedIn(
      { admit: reading, path: SessionPath },
      async (caller, { path }) => {
        await users.endSession(caller, path.sessionId);
        return noContent;
      },
    ),
    'PUT /users/me/password': signedIn(
      { admit: () => users.admitPasswordChange(), body: ChangePasswordBody },
      async (caller, { body }) => ok(await users.changePassword(caller, body)),
    ),

    // Fewer of them than of other reads: nobody shall go through all usernames.
    'GET /users': signedIn({ admit: requesting, query: UsersQuery }, async ({ userId }, { query }) => {
      const found =
        'username' in query
          ? users.byUsername(query.username)
          : others.profiles(userId, query.ids, query.conversationIds);
      return ok({ users: await found });
    }),
  },
  authenticateAndEnrol(),
);
