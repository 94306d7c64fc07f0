import {
  ChangePasswordBody,
  LoginBody,
  RegisterBody,
  UpdateProfileBody,
  UsersQuery,
} from '../../shared/protocol/http.ts';
import { created, httpHandler, noContent, ok, open, signedIn } from '../middleware/http-handler.ts';
import { accounts, acquaintances, authenticate } from '../runtime.ts';
import { profile } from '../services/accounts.ts';

const users = accounts();
const others = acquaintances();

export const handler = httpHandler(
  {
    'POST /users': open({ body: RegisterBody }, async ({ body, address }) =>
      created(await users.register(body, address)),
    ),
    'POST /login': open({ body: LoginBody }, async ({ body, address }) =>
      ok(await users.login(body, address)),
    ),
    'POST /token': signedIn({}, async (caller) => ok(await users.renew(caller))),
    'POST /logout': signedIn({}, async (caller) => {
      await users.logout(caller);
      return noContent;
    }),

    'GET /users/me': signedIn({}, async (caller) => ok(profile(caller))),
    'PATCH /users/me': signedIn({ body: UpdateProfileBody }, async (caller, { body }) =>
      ok(await users.setDisplayName(caller, body.displayName)),
    ),
    'PUT /users/me/password': signedIn({ body: ChangePasswordBody }, async (caller, { body, address }) =>
      ok(await users.changePassword(caller, body, address)),
    ),

    'GET /users': signedIn({ query: UsersQuery }, async (caller, { query }) =>
      ok({
        users:
          'username' in query
            ? await users.byUsername(query.username)
            : await others.profiles(caller.userId, query.ids),
      }),
    ),
  },
  authenticate(),
);
