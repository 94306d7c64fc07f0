import { newUserId } from '../../shared/domain/ids.ts';
import type { Profile, PublicProfile, SessionInfo } from '../../shared/protocol/entities.ts';
import { notSignedIn, ParleyError } from '../../shared/protocol/errors.ts';
import type { User, UserStore } from '../stores/user-store.ts';
import { refuseWeakPassword } from './new-passwords.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { ownProfile, publicProfile } from './profiles.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Sessions, SignedInUser } from './sessions.ts';
import type { IssuedToken } from './tokens.ts';

type SignedIn = IssuedToken & { user: Profile };

/** Accounts and their sessions: registering, signing in and out, and the profile. */
export class Accounts {
  readonly #users: UserStore;
  readonly #sessions: Sessions;
  readonly #rates: RateLimiter;
  readonly #registrationOpen: boolean;
  readonly #issuer: string | undefined;

  constructor(parts: {
    users: UserStore;
    sessions: Sessions;
    rates: RateLimiter;
    registrationOpen: boolean;
    /** Where users sign in elsewhere. */
    issuer?: string | undefined;
  }) {
    this.#users = parts.users;
    this.#sessions = parts.sessions;
    this.#rates = parts.rates;
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
    deviceName,
  }: {
    username: string;
    password: string;
    displayName?: string | undefined;
    deviceName?: string | undefined;
  }): Promise<SignedIn> {
    refuseWeakPassword('password', password, username);
    // Before the costly hash; `create` decides for good.
    if (await this.#users.isTaken(username)) throw usernameTaken();

    const createdAt = new Date().toISOString();
    const { sessionId, session } = this.#sessions.begin(deviceName);
    const user: User = {
      userId: newUserId(),
      username,
      displayName,
      createdAt,
      authEpoch: 1,
      sessions: { [sessionId]: session },
    };
    if (!(await this.#users.create(user, await hashPassword(password)))) throw usernameTaken();
    return { user: ownProfile(user), ...(await this.#sessions.issue(user, sessionId, session)) };
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
    {
      username,
      password,
      deviceName,
    }: { username: string; password: string; deviceName?: string | undefined },
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
    return { user: ownProfile(user), ...(await this.#sessions.open(user, deviceName)) };
  }

  /** A fresh token within the caller's session. */
  async renew(caller: SignedInUser): Promise<IssuedToken> {
    this.#refuseWithIssuer();
    return this.#sessions.renew(caller);
  }

  async logout(caller: User): Promise<void> {
    await this.#sessions.endAll(caller);
  }

  async sessions(caller: SignedInUser): Promise<SessionInfo[]> {
    this.#refuseWithIssuer();
    return this.#sessions.of(caller);
  }

  /** @param sessionId one of the caller's, or `current` */
  async endSession(caller: SignedInUser, sessionId: string): Promise<void> {
    this.#refuseWithIssuer();
    const ended = sessionId === 'current' ? caller.sessionId : sessionId;
    // One that has ended already was closed when it ended; one that never existed must cost nothing.
    if (ended === undefined || !Object.hasOwn(caller.sessions ?? {}, ended)) return;
    await this.#sessions.end(caller.userId, ended);
  }

  /** Before anything of a password change is read: whether there can be one. */
  async admitPasswordChange(): Promise<void> {
    this.#refuseWithIssuer();
  }

  /**
   * For one that was {@link admitPasswordChange | admitted}. Ends every other session, and returns the token of the one that
   * goes on.
   */
  async changePassword(
    caller: SignedInUser,
    { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
  ): Promise<IssuedToken> {
    refuseWeakPassword('newPassword', newPassword, caller.username);
    const { sessionId, session } = this.#sessions.renewed(caller);
    const passwordHash = await this.#checked(caller, currentPassword);
    const toHash = await hashPassword(newPassword);
    await this.#sessions.endingAll(caller.userId, async () => {
      const changed = await this.#users.changePassword(caller, passwordHash, toHash, { sessionId, session });
      if (!changed) throw new ParleyError('CONFLICT', 'The password or the sessions were changed meanwhile.');
    });
    return this.#sessions.issue({ ...caller, authEpoch: caller.authEpoch + 1 }, sessionId, session);
  }

  /**
   * Throws where the caller does not know the account's password: a token alone, which may have been stolen, is not enough for
   * what cannot be undone. Users of an issuer have none.
   */
  async confirmPassword(caller: User, password: string | undefined): Promise<void> {
    if (this.#issuer !== undefined) return;
    if (password === undefined) throw new ParleyError('BAD_REQUEST', 'password: is missing.');
    await this.#checked(caller, password);
  }

  /** A stolen token must not become a way to guess the password. Nor must guesses of others keep the owner from proving it. */
  async #checked(caller: User, password: string): Promise<string> {
    await this.#rates.takePasswordChange(caller.userId);
    const passwordHash = (await this.#users.credential(caller.username))?.passwordHash;
    if (passwordHash === undefined || !(await verifyPassword(password, passwordHash)))
      throw wrongCredentials();
    await this.#rates.passwordChangeSucceeded(caller.userId);
    return passwordHash;
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
}

function usernameTaken(): ParleyError {
  return new ParleyError('CONFLICT', 'This username is taken.');
}

function wrongCredentials(): ParleyError {
  return new ParleyError('UNAUTHENTICATED', 'The username or the password is wrong.');
}
