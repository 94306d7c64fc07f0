import { afterAll, beforeAll, expect, test } from 'vitest';
import { Accounts } from '../../lambdas/services/accounts.ts';
import type { RateLimiter } from '../../lambdas/services/rate-limiter.ts';
import { Sessions, type SignedInUser } from '../../lambdas/services/sessions.ts';
import type { Tokens } from '../../lambdas/services/tokens.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

/** Accounts on the real tables; what else they use has no part in this test. */
function accounts(users: object): Accounts {
  return new Accounts({
    users: users as ConstructorParameters<typeof Accounts>[0]['users'],
    sessions: new Sessions({
      store: world.container().stores.sessions,
      tokens: { issue: async () => ({ token: 't', expiresAt: '' }) } as unknown as Tokens,
      closing: { of: async () => {} },
      registrations: { lastSeenOfSessions: async () => new Map() },
      queue: { putClosing: async () => {} },
      report: () => {},
      maximumMs: Number.POSITIVE_INFINITY,
    }),
    rates: {
      takeLogin() {},
      loginSucceeded() {},
      takePasswordChange() {},
      passwordChangeSucceeded() {},
    } as unknown as RateLimiter,
    registrationOpen: true,
  });
}

test('a login that was begun with the old password ends with it', async () => {
  const { users } = world.container().stores;
  await accounts(users).register({ username: 'race', password: 'old password' });
  const user = await users.user((await users.credential('race'))?.userId ?? '');
  const [sessionId] = Object.keys(user?.sessions ?? {});
  const caller = { ...user, sessionId } as SignedInUser; // Just registered.

  // The password is changed while the login checks it: after the credential was read, before the user is.
  const slow = Object.assign(Object.create(users), {
    credential: (username: string) => users.credential(username),
    user: async (userId: string) => {
      const change = { currentPassword: 'old password', newPassword: 'new password' };
      await accounts(users).changePassword(caller, change);
      return users.user(userId);
    },
  });
  await expect(
    accounts(slow).login({ username: 'race', password: 'old password' }, 'here'),
  ).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});
