import { afterAll, beforeAll, expect, test } from 'vitest';
import { Accounts } from '../../lambdas/services/accounts.ts';
import type { Presence } from '../../lambdas/services/presence.ts';
import type { RateLimiter } from '../../lambdas/services/rate-limiter.ts';
import type { Tokens } from '../../lambdas/services/tokens.ts';
import type { User } from '../../lambdas/stores/user-store.ts';
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
    tokens: { issue: async () => ({ token: 't', expiresAt: '' }) } as unknown as Tokens,
    rates: { takeLogin() {}, loginSucceeded() {} } as unknown as RateLimiter,
    presence: { endAll() {} } as unknown as Presence,
    registrationOpen: true,
  });
}

test('a login that was begun with the old password ends with it', async () => {
  const { users } = world.container().stores;
  await accounts(users).register({ username: 'race', password: 'old password' });
  const caller = (await users.user((await users.credential('race'))?.userId ?? '')) as User; // Just registered.

  // The password is changed while the login checks it: after the credential was read, before the user is.
  const slow = Object.assign(Object.create(users), {
    credential: (username: string) => users.credential(username),
    user: async (userId: string) => {
      const change = { currentPassword: 'old password', newPassword: 'new password' };
      await accounts(users).changePassword(caller, change, 'here');
      return users.user(userId);
    },
  });
  await expect(
    accounts(slow).login({ username: 'race', password: 'old password' }, 'here'),
  ).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});
