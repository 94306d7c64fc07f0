import { goesOn } from '../../shared/domain/sessions.ts';
import { notSignedIn } from '../../shared/protocol/errors.ts';
import type { User } from '../stores/user-store.ts';
import type { SignedInUser } from './sessions.ts';
import type { Tokens } from './tokens.ts';

/** Where the users are; either store that reads them. */
export type Users = { user(userId: string): Promise<User | undefined> };

/** Turns a bearer token into the user it stands for, as they are now. */
export type Authenticate = {
  /** Throws `UNAUTHENTICATED`, also where the user has ended the sessions the token belongs to. */
  caller(token: string | undefined): Promise<SignedInUser>;
};

/** By tokens of the deployment's own. */
export class AuthenticateByOwnToken implements Authenticate {
  readonly #tokens: Tokens;
  readonly #users: Users;

  constructor(tokens: Tokens, users: Users) {
    this.#tokens = tokens;
    this.#users = users;
  }

  async caller(token: string | undefined): Promise<SignedInUser> {
    if (token === undefined) throw notSignedIn();
    const { userId, ...claim } = await this.#tokens.verify(token);
    const user = await this.#users.user(userId);
    if (user === undefined || !goesOn(user, claim)) throw notSignedIn();
    return { ...user, sessionId: claim.sessionId };
  }
}
