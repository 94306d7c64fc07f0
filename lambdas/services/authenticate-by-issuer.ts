import { issuedUserId } from '../../shared/domain/ids.ts';
import { notSignedIn, ParleyError } from '../../shared/protocol/errors.ts';
import type { SecretStore } from '../stores/secret-store.ts';
import type { User } from '../stores/user-store.ts';
import type { Authenticate, Users } from './authenticate.ts';
import type { Enrolment } from './enrolment.ts';
import type { IssuerTokens } from './issuer-tokens.ts';

/** By tokens of an OIDC issuer: docs/adr/0013-tokens-of-an-issuer.md. */
export class AuthenticateByIssuer implements Authenticate {
  readonly #tokens: IssuerTokens;
  readonly #idSecret: SecretStore;
  readonly #users: Users;
  readonly #enrolment: Enrolment | undefined;

  /**
   * @param idSecret keys the ids of users
   * @param enrolment who comes for the first time gets an account by it
   */
  constructor(tokens: IssuerTokens, idSecret: SecretStore, users: Users, enrolment?: Enrolment) {
    this.#tokens = tokens;
    this.#idSecret = idSecret;
    this.#users = users;
    this.#enrolment = enrolment;
  }

  async caller(token: string | undefined): Promise<User> {
    if (token === undefined) throw notSignedIn();
    const claims = await this.#tokens.verify(token);
    const { current: key } = await this.#idSecret.keys();
    const userId = issuedUserId(key, this.#tokens.issuer, claims.sub);
    const user = (await this.#users.user(userId)) ?? (await this.#enrolment?.enrol(userId, claims));
    if (user === undefined) {
      throw new ParleyError('UNAUTHENTICATED', 'There is no account yet: GET /v1/users/me makes it.');
    }
    if (user.blocked) throw new ParleyError('FORBIDDEN', 'This account is blocked.');
    // The issuer's tokens know nothing of our epochs. They say when they were issued, and to the second.
    if (user.sessionsEndedAt !== undefined && claims.iat <= user.sessionsEndedAt) throw notSignedIn();
    return user;
  }
}
