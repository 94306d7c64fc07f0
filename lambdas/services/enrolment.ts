import { shownNameOf, usernamesFor } from '../../shared/domain/issued-names.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { User, UserStore } from '../stores/user-store.ts';
import type { IssuedClaims } from './issuer-tokens.ts';

/** Makes the account of who comes with a token of the issuer for the first time. */
export class Enrolment {
  readonly #users: UserStore;

  constructor(users: UserStore) {
    this.#users = users;
  }

  /**
   * May run twice at the same time for one user: they find the same account. Throws `FORBIDDEN` to one who was erased: the
   * issuer knows them still, and their id follows from what it says, so they would come back as who they were.
   */
  async enrol(userId: string, claims: IssuedClaims): Promise<User> {
    if ((await this.#users.tombstone(userId)) !== undefined) {
      throw new ParleyError('FORBIDDEN', 'This account was erased.');
    }
    const createdAt = new Date().toISOString();
    for (const username of usernamesFor(userId, claims)) {
      const displayName = shownNameOf(claims) ?? username;
      const user: User = { userId, username, displayName, createdAt, authEpoch: 1 };
      if (await this.#users.create(user)) return user;
      const made = await this.#users.user(userId);
      if (made !== undefined) return made;
    }
    throw new Error('All usernames of a new user are taken, also the one drawn from the id');
  }
}
