import { newUserId } from '../../shared/domain/ids.ts';
import type { Profile, PublicProfile } from '../../shared/protocol/entities.ts';
import { ParleyError } from '../../shared/protocol/errors.ts';
import type { User, UserStore } from '../stores/user-store.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { Presence } from './presence.ts';
import { ownProfile, publicProfile } from './profiles.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { notSignedIn, type Tokens } from './tokens.ts';

type Session = { token: string; expiresAt: string };
type SignedIn = Session & { user: Profile };

/** Accounts and their sessions: registering, signing in and out, and the profile. */
export class Accounts {
  readonly #users: UserStore;
  readonly #tokens: Tokens;
  readonly #rates: RateLimiter;
  readonly #presence: Presence;
  readonly #registrationOpen: boolean;
  readonly #issuer: string | undefined;

  constructor(parts: {
    users: UserStore;
    tokens: Tokens;
    rates: RateLimiter;
    presence: Presence;
    registrationOpen: boolean;
    /** Where users sign in elsewhere. */
    issuer?: string | undefined;
  }) {
    this.#users = parts.users;
    this.#tokens = parts.tokens;
    this.#rates = parts.rates;
    this.#presence = parts.presence;
    this.#registrationOpen = parts.registrationOpen;
    this.#issuer = parts.issuer;
  }

  /** Before anything of a registration is read: whether there can be one. It counts, whatever comes of it. */
  async admitRegistration(address: string): Promise<void> {
    this.#refuseWithIssuer();
    if (!this.#registrationOpen) throw new ParleyError('FORBIDDEN', 'Registration is closed here.');
    await this.#rates.takeRegistration(address);
  }

  /** For one that was {@link admitRegistration | admitted}. */
  async register({
    username,
    password,
    displayName = username,
  }: {
    username: string;
    password: string;
    displayName?: string | undefined;
  }): Promise<SignedIn> {
    // Before the costly hash; `create` decides for good.
    if ((await this.#users.credential(username)) !== undefined) throw usernameTaken();

    const createdAt = new Date().toISOString();
    const user: User = { userId: newUserId(), username, displayName, createdAt, authEpoch: 1 };
    if (!(await this.#users.create(user, await hashPassword(password)))) throw usernameTaken();
    return this.#signIn(user);
  }

  /** Before anything of a login is read. It counts, whatever comes of it. */
  async admitLogin(address: string): Promise<void> {
    this.#refuseWithIssuer();
    await this.#rates.takeLoginFrom(address);
  }

  /**
   * For one that was {@link admitLogin | admitted}. The same answer, after the same work, for a user who does not exist and
   * for a wrong password.
   */
  async login(
    { username, password }: { username: string; password: string },
    address: string,
  ): Promise<SignedIn> {
    await this.#rates.takeLogin(username, address);
    const credential = await this.#users.credential(username);
    const matches = await verifyPassword(password, credential?.passwordHash);
    const user = credential && matches ? await this.#users.user(credential.userId) : undefined;
    if (user === undefined) throw wrongCredentials();
    // The password may have been changed while this one was checked: then the user read here is of the next epoch already.
    const still = await this.#users.credential(username);
    if (still?.passwordHash !== credential?.passwordHash) throw wrongCredentials();
    await this.#rates.loginSucceeded(username, address);
    // Only to those who know the password: nobody else learns that there is such an account.
    if (user.blocked) throw new ParleyError('FORBIDDEN', 'This account is blocked.');
    return this.#signIn(user);
  }

  /** A fresh token within the caller's session. */
  async renew(caller: User): Promise<Session> {
    this.#refuseWithIssuer();
    return this.#tokens.issue(caller);
  }

  async logout(caller: User): Promise<void> {
    await this.#users.endSessions(caller.userId, caller.authEpoch);
    await this.#presence.endAll(caller.userId);
  }

  /** For one that was {@link admitLogin | admitted} as a login. Ends every other session, and returns the token of the one that goes on. */
  async changePassword(
    caller: User,
    { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
    address: string,
  ): Promise<Session> {
    // A stolen token must not become a way to guess the password.
    await this.#rates.takeLogin(caller.username, address);
    const credential = await this.#users.credential(caller.username);
    if (
      credential?.passwordHash === undefined ||
      !(await verifyPassword(currentPassword, credential.passwordHash))
    ) {
      throw wrongCredentials();
    }
    await this.#rates.loginSucceeded(caller.username, address);
    const changed = await this.#users.changePassword(
      caller,
      credential.passwordHash,
      await hashPassword(newPassword),
    );
    if (!changed) throw new ParleyError('CONFLICT', 'The password or the sessions were changed meanwhile.');
    await this.#presence.endAll(caller.userId);
    return this.#tokens.issue({ userId: caller.userId, authEpoch: caller.authEpoch + 1 });
  }

  async setDisplayName(caller: User, displayName: string | undefined): Promise<Profile> {
    if (displayName === undefined) return ownProfile(caller);
    if (!(await this.#users.setDisplayName(caller.userId, displayName))) throw notSignedIn();
    return ownProfile({ ...caller, displayName });
  }

  async byUsername(username: string): Promise<PublicProfile[]> {
    const credential = await this.#users.credential(username);
    const user = credential && (await this.#users.user(credential.userId));
    return user === undefined ? [] : [publicProfile(user)];
  }

  /** Passwords and tokens are the issuer's then. */
  #refuseWithIssuer(): void {
    if (this.#issuer !== undefined) {
      throw new ParleyError('FORBIDDEN', `Users sign in with ${this.#issuer} here, and bring its tokens.`);
    }
  }

  async #signIn(user: User): Promise<SignedIn> {
    return { user: ownProfile(user), ...(await this.#tokens.issue(user)) };
  }
}

function usernameTaken(): ParleyError {
  return new ParleyError('CONFLICT', 'This username is taken.');
}

function wrongCredentials(): ParleyError {
  return new ParleyError('UNAUTHENTICATED', 'The username or the password is wrong.');
}
