import {
  ChangePasswordBody,
  LoginBody,
  RegisterBody,
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

export const handler = httpHandler(
  {
    'POST /users': open({ body: RegisterBody }, async ({ body, peer }) =>
      created(await users.register(body, await addresses.of(peer))),
    ),
    'POST /login': open({ body: LoginBody }, async ({ body, peer }) =>
      ok(await users.login(body, await addresses.of(peer))),
    ),
    'POST /token': signedIn({}, async (caller) => ok(await users.renew(caller))),
    'POST /logout': signedIn({}, async (caller) => {
      await users.logout(caller);
      return noContent;
    }),

    'GET /users/me': signedIn({}, async (caller) => ok(ownProfile(caller))),
    'PATCH /users/me': signedIn({ body: UpdateProfileBody }, async (caller, { body }) =>
      ok(await users.setDisplayName(caller, body.displayName)),
    ),
    'DELETE /users/me': signedIn({}, async ({ userId }) => {
      await rates.take('requests', userId);
      await erasure.request(userId);
      return begun;
    }),
    'PUT /users/me/password': signedIn({ body: ChangePasswordBody }, async (caller, { body }) =>
      ok(await users.changePassword(caller, body)),
    ),

    'GET /users': signedIn({ query: UsersQuery }, async ({ userId }, { query }) => {
      // Nobody shall go through all usernames.
      await rates.take('requests', userId);
      const found =
        'username' in query ? users.byUsername(query.username) : others.profiles(userId, query.ids);
      return ok({ users: await found });
    }),
  },
  authenticateAndEnrol(),
);
