import { shownNameOf, usernamesFor } from '../../shared/domain/issued-names.ts';
import type { User, UserStore } from '../stores/user-store.ts';
import type { IssuedClaims } from './issuer-tokens.ts';

/** Makes the account of who comes with a token of the issuer for the first time. */
export class Enrolment {
  readonly #users: UserStore;

  constructor(users: UserStore) {
    this.#users = users;
  }

  /** May run twice at the same time for one user: they find the same account. */
  async enrol(userId: string, claims: IssuedClaims): Promise<User> {
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
